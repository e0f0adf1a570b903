"""The step of the models: what is due is computed from the marts that were just built."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lakehouse.config import Settings
from lakehouse.errors import LakehouseError
from lakehouse.progress import Progress

if TYPE_CHECKING:
    from lakehouse.ml.tasks.execution import Outcome


@dataclass(frozen=True)
class ModelsReport:
    """What became of each task, or the `error` that kept all of them from starting."""

    outcomes: tuple["Outcome", ...] = ()
    error: LakehouseError | None = None

    @property
    def failures(self) -> tuple[Exception, ...]:
        """What the catalog or the machine refused, and bugs; too little to learn from is none."""
        own: tuple[Exception, ...] = (self.error,) if self.error else ()
        return own + tuple(o.error for o in self.outcomes if o.failed and o.error)


def compute_models(
    settings: Settings, clock: Callable[[], datetime], progress: Progress
) -> ModelsReport:
    """Compute the models that are due; a failure is in the report, for the marts stand."""
    from lakehouse.ml.tasks.execution import build_models  # noqa: PLC0415 - it takes 2 s

    try:
        return ModelsReport(tuple(build_models(settings, clock, progress)))
    except LakehouseError as e:
        return ModelsReport(error=e)
