"""The dbt step: run the project in this process and say what became of each node."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import dbt_project
from lakehouse.config import Settings
from lakehouse.errors import BuildError
from lakehouse.progress import Progress

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt_common.events.base_types import EventMsg

PROJECT = Path(dbt_project.__file__).parent
BAD = {"error", "fail", "runtime error", "partial success"}


@dataclass(frozen=True)
class NodeOutcome:
    """What dbt says of one model, seed or test. `seconds` is its own execution time."""

    name: str
    kind: str
    status: str
    seconds: float
    message: str


@dataclass(frozen=True)
class WarehouseReport:
    """The outcome of every node, in the order dbt finished them."""

    nodes: tuple[NodeOutcome, ...]

    def counts(self, *kinds: str) -> Counter[str]:
        """How many nodes of these kinds ended in each status."""
        return Counter(node.status for node in self.nodes if node.kind in kinds)

    @property
    def failures(self) -> tuple[NodeOutcome, ...]:
        """The nodes that failed themselves; what was skipped after them is not listed."""
        return tuple(node for node in self.nodes if node.status in BAD)


def build_warehouse(settings: Settings, progress: Progress) -> WarehouseReport:
    """Build and test every model of the dbt project on the lake of `settings`.

    What dbt writes beside the tables (its target folder, its log) goes below the home.

    Raises BuildError when dbt could not run at all: the project does not parse, the lake does
    not open.
    """
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - 4 s

    from dbt_project.plugin.lake import lake_of  # noqa: PLC0415

    with progress.task("build and test the marts") as task:

        def follow(event: "EventMsg") -> None:
            if event.info.name == "ConcurrencyLine":
                task.expect(event.data.node_count)
            elif event.info.name == "NodeFinished":
                task.advance(1)

        with lake_of(settings), _quiet():
            result = dbtRunner(callbacks=[follow]).invoke(["build", *_arguments(settings)])
    return WarehouseReport(tuple(_outcomes(result)))


def _arguments(settings: Settings) -> list[str]:
    state = settings.home / "dbt"
    return [
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--target-path", str(state / "target"), "--log-path", str(state / "logs")),
        *("--log-level", "none"),
    ]


@contextmanager
def _quiet() -> Iterator[None]:
    # Standard output is data only; dbt's own words are in its log file.
    with redirect_stdout(sys.stderr):
        yield


def _outcomes(result: "dbtRunnerResult") -> Iterator[NodeOutcome]:
    from dbt.artifacts.schemas.run import RunExecutionResult  # noqa: PLC0415

    if not isinstance(result.result, RunExecutionResult):
        message = f"dbt could not run: {result.exception}"
        raise BuildError(message, hint="`cd dbt_project && dbt debug` says more")
    for run in result.result.results:
        yield NodeOutcome(
            name=run.node.name,
            kind=str(run.node.resource_type),
            status=str(run.status),
            seconds=run.execution_time,
            message=(run.message or "").strip(),
        )
