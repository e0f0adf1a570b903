"""What a table is made from and what is made from it, as dbt's manifest in the home tells."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lakehouse.config import Settings
from lakehouse.query.manifest import Node, nodes_of


@dataclass(frozen=True)
class Lineage:
    """The tables right before and right after a table; models without a table are seen through."""

    upstream: tuple[str, ...]
    downstream: tuple[str, ...]


def lineage_of(settings: Settings, table: str) -> Lineage | None:
    """The lineage of `namespace.table`; None when no build has left a manifest that names it."""
    try:
        nodes = nodes_of(settings.home / "dbt" / "target" / "manifest.json", without="")
    except (OSError, ValueError, KeyError):  # none yet, or one that is being written
        return None
    parents = {
        node.unique_id: node.parents for node in nodes if node.kind in {"model", "seed", "snapshot"}
    }
    children: dict[str, list[str]] = {}
    for child, listed in parents.items():
        for parent in listed:
            children.setdefault(parent, []).append(child)
    by_id = {node.unique_id: node for node in nodes}
    mine = [node.unique_id for node in nodes if node.table == table]
    if not mine:
        return None
    return Lineage(_tables(mine, parents, by_id, table), _tables(mine, children, by_id, table))


def _tables(
    start: Iterable[str],
    beside: Mapping[str, Iterable[str]],
    nodes: Mapping[str, Node],
    own: str,
) -> tuple[str, ...]:
    """The nearest tables in one direction, by name."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [each for one in start for each in beside.get(one, ())]
    while waiting:
        each = waiting.pop()
        if each in seen or each not in nodes:
            continue
        seen.add(each)
        table = nodes[each].table
        if table is None:
            waiting += beside.get(each, ())
        elif table != own:
            found.add(table)
    return tuple(sorted(found))
