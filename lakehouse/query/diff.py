"""What changed in a mart between two published states: its rows by key, and its measures."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from duckdb import DuckDBPyConnection
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError
from pyiceberg.table import Table

from lakehouse.errors import CatalogError
from lakehouse.query.publications import Published, State
from lakehouse.quoting import identifier
from lakehouse.tables.descriptions import key_of

Status = Literal["new", "dropped", "changed", "same", "expired"]

# What may be added up: money, and what is counted.
_ADDITIVE: Final = re.compile(r"(^|_)(amount|count|units|quantity)$")


@dataclass(frozen=True)
class Measure:
    """The sum of a column before and after; None where there was no such column."""

    name: str
    before: Decimal | int | float | None
    after: Decimal | int | float | None


@dataclass(frozen=True)
class MartDiff:
    """A mart between two states.

    `key` is empty where the mart has none: then rows are compared as a whole, and a changed one
    counts as one removed and one added. `added`, `removed` and `changed` are None where a snapshot
    has expired, of which the ledger knows the rows alone.
    """

    table: str
    status: Status
    key: tuple[str, ...] = ()
    rows_before: int = 0
    rows_after: int = 0
    added: int | None = None
    removed: int | None = None
    changed: int | None = None
    measures: tuple[Measure, ...] = ()


@dataclass(frozen=True)
class RowChange:
    """One row that differs: its key, and the values of the columns that do, before and after."""

    kind: Literal["added", "removed", "changed"]
    key: dict[str, Any]
    before: dict[str, Any]
    after: dict[str, Any]


def diff_marts(
    con: DuckDBPyConnection, catalog: Catalog, before: State, after: State, only: str | None = None
) -> list[MartDiff]:
    """Every mart that either state has, by name; `con` has the catalog attached as `lake`.

    Raises CatalogError when neither state has the mart `only`.
    """
    names = sorted(before.marts.keys() | after.marts.keys())
    if only is not None and only not in names:
        hint = f"published were {', '.join(names)}"
        raise CatalogError(f"neither publication has a mart {only!r}", hint=hint)
    return [
        _diff(con, catalog, name, (before.marts.get(name), after.marts.get(name)))
        for name in names
        if only in {None, name}
    ]


def row_changes(
    con: DuckDBPyConnection, catalog: Catalog, name: str, states: tuple[State, State], limit: int
) -> list[RowChange]:
    """The first `limit` rows that differ, in the order of the key.

    Raises CatalogError when a state lacks the mart, its snapshot has expired, or it has no key.
    """
    versions = [state.marts.get(name) for state in states]
    table = _load(catalog, name)
    sides = _sides(con, name, table, versions)
    if table is None or sides is None:
        raise CatalogError(
            f"{name} can't be read in both publications: it is new, dropped, or has expired there",
            hint="compare others, or keep snapshots for longer (`maintenance` in lakehouse.toml)",
        )
    key = _shared_key(table, sides)
    if not key:
        raise CatalogError(f"{name} has no key to tell its rows by", hint="leave --rows out")
    order = ", ".join(f"coalesce(a.{k}, b.{k})" for k in map(identifier, key))
    found = con.execute(
        f"select kind, a, b from (select {_kind(sides, key)} as kind, a, b from"
        f" {_joined(sides, key)} order by {order}) where kind is not null limit {int(limit)}"
    ).fetchall()
    return [_row_change(key, *row) for row in found]


@dataclass(frozen=True)
class _Side:
    """A mart at a snapshot: SQL that reads it, and its columns with their types."""

    sql: str
    columns: dict[str, str]


def _sides(
    con: DuckDBPyConnection, name: str, table: Table | None, versions: Sequence[Published | None]
) -> tuple[_Side, _Side] | None:
    """Both sides, or None where one is not there any more, or never was."""
    read = []
    for version in versions:
        if version is None or table is None or not table.snapshot_by_id(version.snapshot_id):
            return None
        source = identifier("lake", *name.split("."))
        sql = f"select * from {source} at (version => {version.snapshot_id})"
        described = con.execute(f"describe {sql}").fetchall()
        read.append(_Side(sql, {column: kind for column, kind, *_ in described}))
    return read[0], read[1]


def _diff(
    con: DuckDBPyConnection,
    catalog: Catalog,
    name: str,
    versions: tuple[Published | None, Published | None],
) -> MartDiff:
    before, after = versions
    was, now = (version.row_count if version else 0 for version in versions)
    if before is None:
        return MartDiff(name, "new", (), 0, now, now, 0, 0)
    if after is None:
        return MartDiff(name, "dropped", (), was, 0, 0, was, 0)
    if before.snapshot_id == after.snapshot_id:
        return MartDiff(name, "same", (), was, now, 0, 0, 0)
    table = _load(catalog, name)
    sides = _sides(con, name, table, versions)
    if table is None or sides is None:
        return MartDiff(name, "expired", (), was, now)
    key = _shared_key(table, sides)
    added, removed, changed = _counts(con, sides, key)
    differs = added or removed or changed or sides[0].columns != sides[1].columns
    status: Status = "changed" if differs else "same"
    measures = _measures(con, sides, key)
    return MartDiff(name, status, key, was, now, added, removed, changed, measures)


def _counts(
    con: DuckDBPyConnection, sides: Sequence[_Side], key: Sequence[str]
) -> tuple[int, int, int]:
    """How many rows were added, removed and changed."""
    if not key:
        shared = ", ".join(map(identifier, _shared(sides)))
        a, b = (f"select {shared} from ({side.sql})" for side in sides)
        [(added, removed)] = con.execute(
            f"select (select count(*) from ({b} except all {a})),"
            f" (select count(*) from ({a} except all {b}))"
        ).fetchall()
        return added, removed, 0
    kinds = con.execute(
        f"select {_kind(sides, key)} as kind, count(*) from {_joined(sides, key)} group by kind"
    ).fetchall()
    found = dict(kinds)
    return found.get("added", 0), found.get("removed", 0), found.get("changed", 0)


def _joined(sides: Sequence[_Side], key: Sequence[str]) -> str:
    """Both sides as `a` and `b`, row by row of a key; `_here` is NULL where a side has no row."""
    same = " and ".join(f"a.{k} is not distinct from b.{k}" for k in map(identifier, key))
    a, b = (f"(select true as _here, * from ({side.sql}))" for side in sides)
    return f"{a} as a full outer join {b} as b on {same}"


def _kind(sides: Sequence[_Side], key: Sequence[str]) -> str:
    others = [column for column in _shared(sides) if column not in key]
    differ = " or ".join(f"a.{c} is distinct from b.{c}" for c in map(identifier, others))
    return (
        "case when a._here is null then 'added' when b._here is null then 'removed'"
        f" when {differ or 'false'} then 'changed' end"
    )


def _measures(
    con: DuckDBPyConnection, sides: Sequence[_Side], key: Sequence[str]
) -> tuple[Measure, ...]:
    names = [
        column
        for column in dict.fromkeys([*sides[0].columns, *sides[1].columns])
        if _ADDITIVE.search(column) and column not in key
    ]
    sums = []
    for side in sides:
        wanted = [column for column in names if column in side.columns]
        added_up = ", ".join(f"sum({identifier(column)})" for column in wanted) or "1"
        [row] = con.execute(f"select {added_up} from ({side.sql})").fetchall()
        sums.append(dict(zip(wanted, row, strict=False)))
    return tuple(Measure(name, sums[0].get(name), sums[1].get(name)) for name in names)


def _row_change(
    key: Sequence[str],
    kind: Literal["added", "removed", "changed"],
    before: dict[str, Any],
    after: dict[str, Any],
) -> RowChange:
    there = before if kind == "removed" else after
    names = [name for name in (before | after) if name != "_here" and name not in key]
    if kind == "changed":
        names = [name for name in names if before.get(name) != after.get(name)]
    return RowChange(
        kind,
        {name: there[name] for name in key},
        {name: before[name] for name in names if name in before} if kind != "added" else {},
        {name: after[name] for name in names if name in after} if kind != "removed" else {},
    )


def _shared(sides: Sequence[_Side]) -> list[str]:
    return [column for column in sides[0].columns if column in sides[1].columns]


def _shared_key(table: Table, sides: Sequence[_Side]) -> tuple[str, ...]:
    """The key of the mart, where both sides have it."""
    key = key_of(table)
    return key if set(key) <= set(_shared(sides)) else ()


def _load(catalog: Catalog, name: str) -> Table | None:
    try:
        return catalog.load_table(name)
    except (NoSuchTableError, NoSuchNamespaceError):
        return None
