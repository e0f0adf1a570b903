"""The dbt step: run the project in this process and say what became of each node."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.refusals import translated
from lakehouse.catalog import open_catalog
from lakehouse.catalog.opening import kind_of
from lakehouse.config import Settings
from lakehouse.errors import BuildError
from lakehouse.pipeline.unchanged import (
    Built,
    contents_of,
    project_fingerprint,
    read_built,
    write_built,
)
from lakehouse.progress import Progress
from lakehouse.query.manifest import Node, nodes_of
from lakehouse.tables.publications import Publication

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt_common.events.base_types import EventMsg

    from lakehouse.catalog.drafts import DraftCatalog

# The project as it lies beside this package; to import it takes dbt's 4 s.
_PROJECT = Path(__file__).parents[2] / "dbt_project"
_BAD = {"error", "fail", "runtime error", "partial success"}
UNCHANGED = "unchanged"
_GOOD = {"success", "pass", UNCHANGED}


@dataclass(frozen=True)
class NodeOutcome:
    """What dbt says of one model, seed or test.

    `seconds` is its own execution time, `sources` the declared tables it reads (`ml.forecasts`).
    The status `unchanged` is ours: the node was left out (lakehouse.pipeline.unchanged).
    `sql` is what a test asked.
    """

    unique_id: str
    name: str
    kind: str
    status: str
    seconds: float
    message: str
    sources: tuple[str, ...] = ()
    sql: str = ""

    @property
    def failed(self) -> bool:
        """Whether it failed itself; what is skipped after a failure did not."""
        return self.status in _BAD


@dataclass(frozen=True)
class WarehouseReport:
    """The outcome of every node, in the order dbt finished them, and what went public then.

    `publication` is None when a node failed, or nothing changed. Where the catalog can't publish
    tables together, nothing is `drafted`: each table went public as it was built. `answers` has
    the seconds of the tests that were asked without dbt, by id, if none of them found anything.
    """

    nodes: tuple[NodeOutcome, ...]
    publication: Publication | None
    drafted: bool = True
    answers: Mapping[str, float] = field(default_factory=dict)

    def counts(self, *kinds: str) -> Counter[str]:
        """How many nodes of these kinds ended in each status."""
        return Counter(node.status for node in self.nodes if node.kind in kinds)

    @property
    def failures(self) -> tuple[NodeOutcome, ...]:
        """The nodes that failed themselves; what was skipped after them is not listed."""
        return tuple(node for node in self.nodes if node.failed)


def build_warehouse(
    settings: Settings, progress: Progress, *, full_refresh: bool = False
) -> WarehouseReport:
    """Build and test the models of the dbt project, and publish them together when all is good.

    Left out is what reads nothing that changed since the last good build; `full_refresh` builds
    everything, and from the beginning. The tests of what the models say (`tag:ml`) wait until that
    was computed: `test_models`. Unit tests are about the project and not the data: they run where
    it is developed.

    Raises CatalogError when somebody else changed a mart meanwhile, MachineError when the machine
    refused something, such as room on the disk, and BuildError when dbt could not run for another
    reason: the project does not parse, the lake does not open.
    """
    note, project = settings.home / "dbt" / "built.json", project_fingerprint(_PROJECT)
    with translated(settings.home), open_catalog(settings) as catalog:
        found = contents_of(catalog)
    before = None if full_refresh else read_built(note)
    left_out = before.unchanged(project, found) if before else []
    due = before.due(left_out) if before and left_out else []
    kept = tuple(
        NodeOutcome(node.unique_id, node.name, node.kind, UNCHANGED, 0, "")
        for node in left_out
        if node.runs
    )
    if kept and not due:
        return WarehouseReport(kept, None, _drafts(settings))
    checks = before.asked_again(due, found) if before and _drafts(settings) else {}
    report = _built(settings, progress, due, checks, full_refresh=full_refresh)
    report = replace(report, nodes=(*report.nodes, *kept))
    if not report.failures:
        same = before and before.project == project
        known = Built(project, (), {}, frozenset()) if not (before and same) else before
        _remember(settings, note, replace(known, contents=found), report)
    return report


def _built(
    settings: Settings,
    progress: Progress,
    due: Sequence[Node],
    checks: Mapping[str, str],
    *,
    full_refresh: bool,
) -> WarehouseReport:
    """What came of building and testing the nodes that are `due`; of all, when none is named.

    The tests in `checks` are asked before anything is published, without dbt. When one of them
    finds something, or dbt fails, all is done again by dbt, which tells what is wrong and how.
    """
    doing = "Building and testing the marts"
    arguments = ["--exclude", "tag:ml", "resource_type:unit_test"]
    arguments += ["--full-refresh"] if full_refresh else []
    names = [node.name for node in due if node.unique_id not in checks]
    if checks and names:
        # Else dbt selects each test of a model that is named.
        alone = ("--indirect-selection", "empty", "--select", *names)
        report = _run(settings, progress, doing, "build", *arguments, *alone, checks=checks)
        if len(report.answers) == len(checks):
            nodes = {node.unique_id: node for node in due}
            asked = (
                NodeOutcome(each, nodes[each].name, "test", "pass", seconds, "", (), checks[each])
                for each, seconds in report.answers.items()
            )
            return replace(report, nodes=(*report.nodes, *asked))
    arguments += ["--select", *(node.name for node in due)] if due else []
    return _run(settings, progress, doing, "build", *arguments)


def _remember(settings: Settings, note: Path, before: Built, report: WarehouseReport) -> None:
    """Note a good build of the project of `before`, which tells the contents it found."""
    manifest = settings.home / "dbt" / "target" / "manifest.json"
    nodes = before.nodes or nodes_of(manifest, without="ml")
    with open_catalog(settings) as catalog:
        contents = contents_of(catalog)
    for node in nodes:
        if node.kind == "source" and node.table:
            # As it was before the run: what has landed since then is for the next one.
            contents.pop(node.table, None)
            if node.table in before.contents:
                contents[node.table] = before.contents[node.table]
    good = frozenset(node.unique_id for node in report.nodes if node.status in _GOOD)
    fixed = {node.unique_id for node in nodes if node.fixed}
    asked = {n.unique_id: n.sql if n.status == "pass" else "" for n in report.nodes if n.sql}
    checks = {**before.checks, **{each: sql for each, sql in asked.items() if each in fixed}}
    with suppress(OSError):  # the marts are published all the same
        write_built(note, Built(before.project, nodes, contents, good, checks))


def test_models(
    settings: Settings, progress: Progress, draft: "DraftCatalog | None"
) -> WarehouseReport:
    """Test the tables that hold what the models say, as the `draft` has them.

    Raises what `build_warehouse` raises.
    """
    selected = ("test", "--select", "tag:ml")
    return _run(settings, progress, "Testing what the models say", *selected, draft=draft)


def _run(
    settings: Settings,
    progress: Progress,
    doing: str,
    *arguments: str,
    draft: "DraftCatalog | None" = None,
    checks: Mapping[str, str] | None = None,
) -> WarehouseReport:
    from dbt_project.plugin.invocation import invoke  # noqa: PLC0415 - dbt takes 4 s
    from dbt_project.plugin.lake import answers, published  # noqa: PLC0415

    with progress.task(doing) as task:

        def follow(event: "EventMsg") -> None:
            if event.info.name == "ConcurrencyLine":
                task.expect(event.data.node_count)
            elif event.info.name == "NodeFinished":
                task.advance(1)

        result = invoke(settings, arguments, on_event=follow, draft=draft, checks=checks)
    nodes = tuple(_outcomes(result, dbt_log(settings)))
    return WarehouseReport(nodes, published(), _drafts(settings), answers())


def _drafts(settings: Settings) -> bool:
    return not settings.catalog or kind_of(settings.catalog) == "sql"


def dbt_log(settings: Settings) -> Path:
    """The log of dbt's last runs."""
    return settings.home / "dbt" / "logs" / "dbt.log"


def _outcomes(result: "dbtRunnerResult", log: Path) -> Iterator[NodeOutcome]:
    from dbt.artifacts.schemas.run import RunExecutionResult  # noqa: PLC0415

    if not isinstance(result.result, RunExecutionResult):
        message = f"dbt could not run: {result.exception}"
        raise BuildError(message, hint=f"dbt's log says more: {log}")
    for run in result.result.results:
        kind = str(run.node.resource_type)
        yield NodeOutcome(
            unique_id=run.node.unique_id,
            name=run.node.name,
            kind=kind,
            status=str(run.status),
            seconds=run.execution_time,
            message=(run.message or "").strip(),
            sources=tuple(_sources(run.node.depends_on_nodes)),
            sql=(getattr(run.node, "compiled_code", None) or "") if kind == "test" else "",
        )


def _sources(parents: Iterable[str]) -> Iterator[str]:
    """Of dbt's `source.cadabra.ml.forecasts`: `ml.forecasts`."""
    for parent in parents:
        kind, _, name = parent.split(".", 2)
        if kind == "source":
            yield name
