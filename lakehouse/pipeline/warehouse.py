"""The dbt step: run the project in this process and say what became of each node."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lakehouse.catalog.opening import kind_of
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
    """What dbt says of one model, seed or test.

    `seconds` is its own execution time, `sources` the declared tables it reads (`ml.forecasts`).
    """

    name: str
    kind: str
    status: str
    seconds: float
    message: str
    sources: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether it failed itself; what is skipped after a failure did not."""
        return self.status in _BAD


@dataclass(frozen=True)
class WarehouseReport:
    """The outcome of every node, in the order dbt finished them, and what went public then.

    `publication` is None when a node failed, or nothing changed. Where the catalog can't publish
    tables together, nothing is `drafted`: each table went public as it was built.
    """

    nodes: tuple[NodeOutcome, ...]
    publication: Publication | None
    drafted: bool = True

    def counts(self, *kinds: str) -> Counter[str]:
        """How many nodes of these kinds ended in each status."""
        return Counter(node.status for node in self.nodes if node.kind in kinds)

    @property
    def failures(self) -> tuple[NodeOutcome, ...]:
        """The nodes that failed themselves; what was skipped after them is not listed."""
        return tuple(node for node in self.nodes if node.failed)


def build_warehouse(settings: Settings, progress: Progress) -> WarehouseReport:
    """Build and test every model of the dbt project, and publish them together when all is good.

    The tests of what the models say (`tag:ml`) wait until that was computed: `test_models`. Unit
    tests are about the project and not the data: they run where it is developed.

    Raises CatalogError when somebody else changed a mart meanwhile, MachineError when the machine
    refused something, such as room on the disk, and BuildError when dbt could not run for another
    reason: the project does not parse, the lake does not open.
    """
    left_out = ("tag:ml", "resource_type:unit_test")
    return _run(
        settings, progress, "Building and testing the marts", "build", "--exclude", *left_out
    )


def test_models(settings: Settings, progress: Progress) -> WarehouseReport:
    """Test the tables that hold what the models say.

    Raises what `build_warehouse` raises.
    """
    return _run(settings, progress, "Testing what the models say", "test", "--select", "tag:ml")


def _run(settings: Settings, progress: Progress, doing: str, *arguments: str) -> WarehouseReport:
    from dbt_project.plugin.invocation import invoke  # noqa: PLC0415 - dbt takes 4 s
    from dbt_project.plugin.lake import published  # noqa: PLC0415

    with progress.task(doing) as task:

        def follow(event: "EventMsg") -> None:
            if event.info.name == "ConcurrencyLine":
                task.expect(event.data.node_count)
            elif event.info.name == "NodeFinished":
                task.advance(1)

        result = invoke(settings, arguments, on_event=follow)
    drafted = not settings.catalog or kind_of(settings.catalog) == "sql"
    nodes = tuple(_outcomes(result, dbt_log(settings)))
    return WarehouseReport(nodes, published(), drafted)


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
            sources=tuple(_sources(run.node.depends_on_nodes)),
        )


def _sources(parents: Iterable[str]) -> Iterator[str]:
    """Of dbt's `source.cadabra.ml.forecasts`: `ml.forecasts`."""
    for parent in parents:
        kind, _, name = parent.split(".", 2)
        if kind == "source":
            yield name
