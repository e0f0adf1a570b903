"""The step of the models: what is due is computed from the marts just built, and tested."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lakehouse.config import Settings
from lakehouse.errors import BuildError, LakehouseError
from lakehouse.pipeline.warehouse import NodeOutcome, test_models
from lakehouse.progress import Progress

if TYPE_CHECKING:
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
    the version before, when there is one and nobody had promoted the later one by hand.
    """
    from lakehouse.ml.tasks.execution import build_models  # noqa: PLC0415 - it takes 2 s

    outcomes: tuple[Outcome, ...] = ()
    tests: tuple[NodeOutcome, ...] = ()
    try:
        outcomes = tuple(build_models(settings, clock, progress))
        tests = tuple(n for n in test_models(settings, progress).nodes if n.kind == "test")
        restored = _restore(settings, clock, tests)
    except LakehouseError as e:
        return ModelsReport(outcomes, tests, error=e)
    return ModelsReport(outcomes, tests, restored)


def _restore(
    settings: Settings, clock: Callable[[], datetime], tests: tuple[NodeOutcome, ...]
) -> tuple["Version", ...]:
    from lakehouse.ml.lake import open_lake  # noqa: PLC0415
    from lakehouse.ml.tasks.withdrawal import withdraw  # noqa: PLC0415

    faulty = {table: test.name for test in tests if test.failed for table in test.sources}
    if not faulty:
        return ()
    with open_lake(settings) as lake:
        return tuple(withdraw(lake, faulty, clock))
