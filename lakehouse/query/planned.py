"""What the engine plans to scan, read from its EXPLAIN."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

_SCAN: Final = "ICEBERG_SCAN"
# Scans of files that are no table's of Iceberg, and of rows that are held for a statement.
_OF_FILES: Final = ("ARROW_SCAN", "READ_PARQUET", "READ_AVRO")


@dataclass(frozen=True)
class Scan:
    """A scan of one table, which the engine does not name; `reader` is its word for the operator.

    `filters` are conditions that every row it gives fulfils, in the engine's own words.
    `cardinality` is its guess at the rows.
    """

    columns: tuple[str, ...]
    filters: tuple[str, ...]
    cardinality: int = 0
    reader: str = _SCAN


@dataclass(frozen=True)
class Plan:
    """The scans of a statement, and the other operators that rows come from; `files` of files.

    They may not be `known`: because the statement is `wrong`, or can't be explained.
    """

    scans: tuple[Scan, ...] = ()
    sources: tuple[str, ...] = ()
    known: bool = True
    wrong: bool = False
    files: tuple[Scan, ...] = ()


def read_plan(explained: str) -> Plan:
    """The plan that EXPLAIN (FORMAT json) wrote."""
    leaves = list(_leaves(json.loads(explained)))
    scans = tuple(_scan(leaf) for leaf in leaves if leaf["name"] == _SCAN)
    files = tuple(_scan(leaf) for leaf in leaves if leaf["name"] in _OF_FILES)
    sources = tuple(sorted({leaf["name"] for leaf in leaves} - {_SCAN}))
    return Plan(scans, sources, files=files)


def together(plans: Sequence[Plan]) -> Plan:
    """The plan of several statements, each of which is known."""
    scans = tuple(scan for plan in plans for scan in plan.scans)
    files = tuple(scan for plan in plans for scan in plan.files)
    sources = tuple(sorted({name for plan in plans for name in plan.sources}))
    return Plan(scans, sources, files=files)


def to_json(plan: Plan) -> dict[str, Any]:
    """The plan as JSON can hold it."""
    return asdict(plan)


def from_json(given: dict[str, Any]) -> Plan:
    """The plan that `to_json` wrote."""
    scans, files = (
        tuple(
            Scan(
                tuple(each["columns"]), tuple(each["filters"]), each["cardinality"], each["reader"]
            )
            for each in given[of]
        )
        for of in ("scans", "files")
    )
    return Plan(scans, tuple(given["sources"]), given["known"], given["wrong"], files)


def _leaves(nodes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for node in nodes:
        if node["children"]:
            yield from _leaves(node["children"])
        else:
            yield node


def _scan(leaf: dict[str, Any]) -> Scan:
    info = leaf["extra_info"]
    guess = info.get("Estimated Cardinality", "0")
    return Scan(_texts(info, "Projections"), _texts(info, "Filters"), int(guess), leaf["name"])


def _texts(info: dict[str, Any], name: str) -> tuple[str, ...]:
    # One text stands alone, several in a list, none is an empty one.
    found = info.get(name, "")
    return tuple(found) if isinstance(found, list) else (found,) if found else ()
