"""The nodes of the dbt project, as the manifest tells that dbt leaves in the home."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Node:
    """A node of the project: what it is made of (ids), and its table, if it has one."""

    unique_id: str
    name: str
    kind: str
    parents: tuple[str, ...]
    table: str | None

    @property
    def runs(self) -> bool:
        """Whether dbt has anything to do for it: not for a source or an ephemeral model."""
        return self.kind == "test" or (self.kind != "source" and self.table is not None)


def nodes_of(manifest: Path, *, without: str) -> tuple[Node, ...]:
    """The nodes of dbt's manifest and its sources, but those with the tag `without`."""
    said = json.loads(manifest.read_text())
    found = [*said["sources"].values(), *said["nodes"].values()]
    return tuple(_node(each) for each in found if without not in each.get("tags", ()))


def _node(said: Mapping[str, Any]) -> Node:
    kind, kept = said["resource_type"], said.get("config", {}).get("materialized")
    has_table = kind in {"model", "seed", "snapshot", "source"} and kept != "ephemeral"
    table = f"{said['schema']}.{said.get('identifier') or said['alias']}" if has_table else None
    parents = tuple(said.get("depends_on", {}).get("nodes", ()))
    return Node(said["unique_id"], said["name"], kind, parents, table)
