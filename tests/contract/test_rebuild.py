"""Rebuilding a table, in every catalog and every store."""

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from duckdb import DuckDBPyConnection
from pyiceberg.catalog import Catalog

from lakehouse.errors import CatalogError
from lakehouse.query.engine import load_extensions
from lakehouse.tables.rebuild import TableContent, rebuild

NAME = ("core", "products")


@pytest.fixture
def duck() -> Iterator[DuckDBPyConnection]:
    with duckdb.connect() as connection:
        load_extensions(connection)
        yield connection


def rows(catalog: Catalog) -> list[dict[str, Any]]:
    return catalog.load_table(NAME).scan().to_arrow().to_pylist()


def test_a_table_is_made_and_replaced(catalog: Catalog, duck: DuckDBPyConnection) -> None:
    first = TableContent(NAME, "select 1 as a, date '2011-01-31' as sold", ["month(sold)"], "Was.")
    rebuild(duck, catalog, first)
    made = catalog.load_table(NAME)
    second = TableContent(NAME, "select 'x' as b, 2 as a", doc="Is.", column_docs={"a": "A."})
    built = rebuild(duck, catalog, second)
    table = catalog.load_table(NAME)
    assert rows(catalog) == [{"b": "x", "a": 2}]
    assert table.metadata.current_snapshot_id == built.snapshot_id
    assert table.schema().find_field("a").field_id == made.schema().find_field("a").field_id
    assert table.schema().find_field("a").doc == "A."
    assert table.properties["comment"] == "Is."
    assert table.spec().is_unpartitioned()
    assert duck.execute("select count(*) from duckdb_secrets()").fetchone() == (0,)


def test_a_failure_leaves_the_table_and_no_files(
    catalog: Catalog, duck: DuckDBPyConnection
) -> None:
    rebuild(duck, catalog, TableContent(NAME, "select 1 as a"))
    before = catalog.load_table(NAME).metadata
    boom = "select case when i = 900000 then error('boom') else i end as a from range(1000000) r(i)"
    with pytest.raises(duckdb.Error, match="boom"):
        rebuild(duck, catalog, TableContent(NAME, boom))
    assert catalog.load_table(NAME).metadata == before
    assert rows(catalog) == [{"a": 1}]


def test_losing_to_another_creator(catalog: Catalog, duck: DuckDBPyConnection) -> None:
    def create(value: int) -> int:
        with duckdb.connect() as other:
            load_extensions(other)
            rebuild(other, catalog, TableContent(NAME, "select 'his' as b"))
        return value

    duck.create_function("meddle", create, ["INTEGER"], "INTEGER", side_effects=True)
    with pytest.raises(CatalogError, match="changed by somebody else"):
        rebuild(duck, catalog, TableContent(NAME, "select meddle(1) as a"))
    assert rows(catalog) == [{"b": "his"}]
