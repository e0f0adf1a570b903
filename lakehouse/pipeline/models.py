"""The step of the models: what is due is computed from the marts just built, and tested."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lakehouse.config import Settings
from lakehouse.errors import BuildError, LakehouseError
from lakehouse.pipeline.warehouse import NodeOutcome, test_models
from lakehouse.progress import Progress

if TYPE_CHECKING:
    from lakehouse.catalog.drafts import DraftCatalog
    from lakehouse.ml.runs.registry import Version
    from lakehouse.ml.tasks.execution import Outcome


@dataclass(frozen=True)
class ModelsReport:
    """What became of each task and of each test of its tables.

    `restored` are the versions that are in production again because a test found fault with a
    later one; `error` is what kept all tasks from starting, or the tests from running.
    """

    outcomes: tuple["Outcome", ...] = ()
    tests: tuple[NodeOutcome, ...] = ()
    restored: tuple["Version", ...] = ()
    error: LakehouseError | None = None

    @property
    def failed_tests(self) -> tuple[NodeOutcome, ...]:
        """The tests that found fault."""
        return tuple(test for test in self.tests if test.failed)

    @property
    def failures(self) -> tuple[Exception, ...]:
        """What the catalog or the machine refused, bugs, and what the tests found.

        Too little to learn from is no failure.
        """
        found: list[Exception] = [self.error] if self.error else []
        found += [o.error for o in self.outcomes if o.failed and o.error]
        return (*found, *self._fault_found())

    def _fault_found(self) -> list[Exception]:
        if not self.failed_tests:
            return []
        names = ", ".join(test.name for test in self.failed_tests[:5])
        message = f"{len(self.failed_tests)} tests of the models failed: {names}"
        if self.restored:
            back = ", ".join(f"{v.task} version {v.version}" for v in self.restored)
            return [BuildError(message, hint=f"{back} is in production again")]
        return [BuildError(message, hint="`lakehouse ml versions` shows what is in production")]


def compute_models(
    settings: Settings, clock: Callable[[], datetime], progress: Progress
) -> ModelsReport:
    """Compute the models that are due and test their tables; failures are in the report.

    The marts stand whatever happens here. Tables in which a test finds fault give way to those of
    the version before, when there is one and nobody had promoted the later one by hand. Then all
    of it goes public at once; a catalog that has no drafts shows each table when it is computed.
    """
    from lakehouse.ml.tasks.execution import build_models  # noqa: PLC0415 - it takes 2 s

    outcomes: tuple[Outcome, ...] = ()
    tests: tuple[NodeOutcome, ...] = ()
    try:
        with _drafted(settings) as draft:
            outcomes = tuple(build_models(settings, clock, progress, draft))
            nodes = test_models(settings, progress, draft).nodes
            tests = tuple(n for n in nodes if n.kind == "test")
            restored = _restore(settings, clock, tests, draft)
    except LakehouseError as e:
        return ModelsReport(outcomes, tests, error=e)
    return ModelsReport(outcomes, tests, restored)


@contextmanager
def _drafted(settings: Settings) -> Iterator["DraftCatalog | None"]:
    """The draft of this home, published when the block ends well.

    Else it is left for the next one to discard. None where the catalog has no drafts.
    Raises LockedError while another process builds here.
    """
    from dbt_project.plugin.drafting import AUDIT  # noqa: PLC0415 - as below
    from lakehouse.catalog import open_catalog  # noqa: PLC0415
    from lakehouse.catalog.drafts import DraftCatalog  # noqa: PLC0415
    from lakehouse.catalog.publishing import discard, publish  # noqa: PLC0415
    from lakehouse.catalog.sql import LakeSqlCatalog  # noqa: PLC0415

    with open_catalog(settings, create=False) as catalog:
        if not isinstance(catalog, LakeSqlCatalog):
            yield None
            return
        draft = DraftCatalog(catalog, settings.home, direct=[AUDIT])
        draft.open()
        try:
            discard(draft)
            draft.run = "models"
            yield draft
            publish(draft)
        finally:
            draft.close()


def _restore(
    settings: Settings,
    clock: Callable[[], datetime],
    tests: tuple[NodeOutcome, ...],
    draft: "DraftCatalog | None",
) -> tuple["Version", ...]:
    from lakehouse.ml.lake import open_lake  # noqa: PLC0415
    from lakehouse.ml.tasks.withdrawal import withdraw  # noqa: PLC0415

    faulty = {table: test.name for test in tests if test.failed for table in test.sources}
    if not faulty:
        return ()
    with open_lake(settings, draft) as lake:
        return tuple(withdraw(lake, faulty, clock))
