"""The dbt step: run the project in this process and say what became of each node."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lakehouse.config import Settings
from lakehouse.errors import BuildError
from lakehouse.progress import Progress
from lakehouse.tables.publications import Publication

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt_common.events.base_types import EventMsg

_BAD = {"error", "fail", "runtime error", "partial success"}


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
    """The outcome of every node, in the order dbt finished them, and what went public then.

    `publication` is None when a node failed, when nothing changed, and where the catalog can't
    publish tables together: there each table went public as it was built.
    """

    nodes: tuple[NodeOutcome, ...]
    publication: Publication | None

    def counts(self, *kinds: str) -> Counter[str]:
        """How many nodes of these kinds ended in each status."""
        return Counter(node.status for node in self.nodes if node.kind in kinds)

    @property
    def failures(self) -> tuple[NodeOutcome, ...]:
        """The nodes that failed themselves; what was skipped after them is not listed."""
        return tuple(node for node in self.nodes if node.status in _BAD)


def build_warehouse(settings: Settings, progress: Progress) -> WarehouseReport:
    """Build and test every model of the dbt project, and publish them together when all is good.

    Raises CatalogError when somebody else changed a mart meanwhile, MachineError when the machine
    refused something, such as room on the disk, and BuildError when dbt could not run for another
    reason: the project does not parse, the lake does not open.
    """
    from dbt_project.plugin.invocation import invoke  # noqa: PLC0415 - dbt takes 4 s
    from dbt_project.plugin.lake import published  # noqa: PLC0415

    with progress.task("Building and testing the marts") as task:

        def follow(event: "EventMsg") -> None:
            if event.info.name == "ConcurrencyLine":
                task.expect(event.data.node_count)
            elif event.info.name == "NodeFinished":
                task.advance(1)

        result = invoke(settings, ["build"], on_event=follow)
    return WarehouseReport(tuple(_outcomes(result, dbt_log(settings))), published())


def dbt_log(settings: Settings) -> Path:
    """The log of dbt's last runs."""
    return settings.home / "dbt" / "logs" / "dbt.log"


def _outcomes(result: "dbtRunnerResult", log: Path) -> Iterator[NodeOutcome]:
    from dbt.artifacts.schemas.run import RunExecutionResult  # noqa: PLC0415

    if not isinstance(result.result, RunExecutionResult):
        message = f"dbt could not run: {result.exception}"
        raise BuildError(message, hint=f"dbt's log says more: {log}")
    for run in result.result.results:
        yield NodeOutcome(
            name=run.node.name,
            kind=str(run.node.resource_type),
            status=str(run.status),
            seconds=run.execution_time,
            message=(run.message or "").strip(),
        )
