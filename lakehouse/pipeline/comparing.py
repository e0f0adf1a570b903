"""Whether two catalogs hold the same marts, row for row."""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
from duckdb import DuckDBPyConnection

from lakehouse.catalog import Endpoint
from lakehouse.config import Settings
from lakehouse.query.engine import attach_lake, load_extensions
from lakehouse.query.limits import set_limits
from lakehouse.query.publications import State
from lakehouse.quoting import identifier

# Sums of doubles depend on their order: this many digits after the point have to agree.
_DIGITS = 9


@dataclass(frozen=True)
class Comparison:
    """A mart in both catalogs: its rows here, and how many rows only one of them has.

    `columns` says where names or types differ; then rows are not compared.
    """

    table: str
    rows: int
    only_here: int
    only_there: int
    columns: str = ""

    @property
    def same(self) -> bool:
        """Whether both hold the same rows."""
        return not (self.only_here or self.only_there or self.columns)


def compare(settings: Settings, here: Endpoint, there: Endpoint, state: State) -> list[Comparison]:
    """Every mart of the published `state` in the catalog `here`, with that of its name `there`."""
    with duckdb.connect() as con:
        set_limits(con, settings.query, settings.home / "tmp")
        load_extensions(con)
        attach_lake(con, here, alias="here", read_only=True)
        attach_lake(con, there, alias="there", read_only=True)
        return [
            _compared(con, name, mart.snapshot_id) for name, mart in sorted(state.marts.items())
        ]


def _compared(con: DuckDBPyConnection, name: str, snapshot: int) -> Comparison:
    path = name.split(".")
    sources = (
        f"{identifier('here', *path)} at (version => {snapshot})",
        identifier("there", *path),
    )
    [rows] = con.execute(f"select count(*) from {sources[0]}").fetchone() or [0]
    try:
        columns = [_columns(con, source) for source in sources]
    except duckdb.CatalogException:
        return Comparison(name, rows, rows, 0, "not there")
    if columns[0] != columns[1]:
        differing = sorted(set(columns[0].items()) ^ set(columns[1].items()))
        return Comparison(name, rows, 0, 0, ", ".join(f"{c} {t}" for c, t in differing))
    here, there = (f"select {_values(columns[0])} from {source}" for source in sources)
    [(only_here, only_there)] = con.execute(
        f"select (select count(*) from ({here} except all {there})),"
        f" (select count(*) from ({there} except all {here}))"
    ).fetchall()
    return Comparison(name, rows, only_here, only_there)


def _columns(con: DuckDBPyConnection, source: str) -> dict[str, str]:
    return {name: kind for name, kind, *_ in con.execute(f"describe from {source}").fetchall()}


def _values(columns: Mapping[str, str]) -> str:
    return ", ".join(
        f"round({identifier(name)}, {_DIGITS})" if kind in {"DOUBLE", "FLOAT"} else identifier(name)
        for name, kind in columns.items()
    )
