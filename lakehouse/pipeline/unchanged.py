"""What a build of the marts may leave out: nodes whose inputs are those of the last good build.

A node is as it was when no file of the dbt project changed, nothing that it is made of has other
rows, and neither has its own table; a test, when that holds of all it reads. The last good build
is kept in a file of the home. It is no more than a note: every table that it names is looked at,
so that a note of an older build, or none, costs a rebuild and nothing else.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table.snapshots import Operation
from pyiceberg.typedef import Identifier

from lakehouse.catalog.durability import sync_files
from lakehouse.query.manifest import Node

_READ_BY_DBT = {".sql", ".yml", ".csv", ".py"}
_WRITTEN_BY_DBT = {"target", "logs", "__pycache__"}
_ENGINES = ("dbt-core", "dbt-duckdb", "duckdb")


@dataclass(frozen=True)
class Built:
    """What the last good build left: the project, its nodes, and the rows of their tables.

    `contents` names for each table the snapshot that brought its rows, `good` are the nodes that
    were built, and the tests that passed without a warning. `checks` are the queries of the tests
    that found no rows, of those which dbt would ask in the same words again.
    """

    project: str
    nodes: tuple[Node, ...]
    contents: Mapping[str, int]
    good: frozenset[str]
    checks: Mapping[str, str] = field(default_factory=dict)

    def unchanged(self, project: str, contents: Mapping[str, int]) -> list[Node]:
        """The nodes that a build of `project` may leave out, while the tables hold `contents`."""
        if project != self.project:
            return []
        by_id = {node.unique_id: node for node in self.nodes}
        known: dict[str, bool] = {}

        def same(unique_id: str) -> bool:
            if unique_id not in known:
                node = by_id.get(unique_id)
                known[unique_id] = node is not None and own(node) and all(map(same, node.parents))
            return known[unique_id]

        def own(node: Node) -> bool:
            return not node.table or self.contents.get(node.table) == contents.get(node.table)

        return [node for node in self.nodes if node.unique_id in self.good and same(node.unique_id)]

    def asked_again(self, due: Iterable[Node], contents: Mapping[str, int]) -> dict[str, str]:
        """The queries of those tests among `due` that need no dbt to be asked again, by id.

        A test whose rows are kept because it failed does: dbt removes them when it passes.
        """
        found = {
            node.unique_id: self.checks.get(node.unique_id)
            for node in due
            if node.failures not in contents
        }
        return {unique_id: sql for unique_id, sql in found.items() if sql}

    def due(self, left_out: Iterable[Node]) -> list[Node]:
        """The nodes that are built or tested when those are left out."""
        done = {node.unique_id for node in left_out}
        return [node for node in self.nodes if node.runs and node.unique_id not in done]


def read_built(note: Path) -> Built | None:
    """What the note tells; None when there is none, or it can't be read."""
    try:
        said = json.loads(note.read_text())
        nodes = tuple(map(_node, said["nodes"]))
        good, checks = frozenset(said["good"]), dict(said["checks"])
        return Built(said["project"], nodes, said["contents"], good, checks)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _node(said: Mapping[str, Any]) -> Node:
    # A note that does not say where failures are kept is of an older version.
    return Node(**{**said, "parents": tuple(said["parents"]), "failures": said["failures"]})


def write_built(note: Path, built: Built) -> None:
    """Replace the note whole."""
    said = {
        "project": built.project,
        "contents": dict(built.contents),
        "good": sorted(built.good),
        "checks": dict(built.checks),
        "nodes": [asdict(node) for node in built.nodes],
    }
    new = note.with_suffix(".new")
    new.write_text(json.dumps(said))
    sync_files([new])
    new.replace(note)


def project_fingerprint(folder: Path) -> str:
    """Changes with any file that dbt reads of the project, and with the engines."""
    digest = hashlib.sha256("".join(map(version, _ENGINES)).encode())
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.suffix in _READ_BY_DBT and not _WRITTEN_BY_DBT & set(inside.parts):
            digest.update(f"{inside}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def contents_of(catalog: Catalog) -> dict[str, int]:
    """For each table the snapshot that brought its rows; a table without one is left out."""
    tables = [t for space in catalog.list_namespaces() for t in catalog.list_tables(space)]
    found = {".".join(table): _content(catalog, table) for table in tables}
    return {name: snapshot_id for name, snapshot_id in found.items() if snapshot_id is not None}


def _content(catalog: Catalog, name: Identifier) -> int | None:
    try:
        table = catalog.load_table(name)
    except NoSuchTableError:  # dropped since it was listed
        return None
    snapshot_id = table.metadata.current_snapshot_id
    while snapshot_id is not None:
        snapshot = table.snapshot_by_id(snapshot_id)
        # Compaction writes the same rows to other files, and says so.
        if not (snapshot and snapshot.summary and snapshot.summary.operation is Operation.REPLACE):
            break
        snapshot_id = snapshot.parent_snapshot_id
    return snapshot_id
