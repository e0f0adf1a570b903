"""Columns of attached tables get the types Athena gives those of Iceberg tables."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from lakehouse.athena import AthenaError, prepare, translate
from lakehouse.athena.attached import AttachedSchema, Rows, type_from_engine


@pytest.mark.parametrize(
    ("engine", "athena"),
    [
        ("INTEGER", "integer"),
        ("DECIMAL(18,4)", "decimal(18,4)"),
        ("TIMESTAMP", "timestamp(6)"),
        ("TIMESTAMP WITH TIME ZONE", "timestamp(6) with time zone"),
        ("VARCHAR[]", "array(varchar)"),
        ("DECIMAL(3,1)[][]", "array(array(decimal(3,1)))"),
        ("MAP(VARCHAR, BIGINT[])", "map(varchar, array(bigint))"),
        (
            'STRUCT(a INTEGER, "b c" VARCHAR, d STRUCT(e TIMESTAMP WITH TIME ZONE)[])',
            'row(a integer, "b c" varchar, d array(row(e timestamp(6) with time zone)))',
        ),
    ],
)
def test_types(engine: str, athena: str) -> None:
    assert str(type_from_engine(engine)) == athena


def test_a_type_no_iceberg_table_has() -> None:
    with pytest.raises(AthenaError, match="NOT_SUPPORTED"):
        type_from_engine("UBIGINT")


@pytest.fixture
def con(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        path = str(tmp_path / "a folder's lake.db").replace("'", "''")
        made.execute(f"ATTACH '{path}' AS lake")
        made.execute("CREATE SCHEMA lake.shop")
        made.execute("CREATE TABLE lake.shop.orders (id INTEGER, price DECIMAL(18,4))")
        made.execute("INSERT INTO lake.shop.orders VALUES (1, 2.5)")
        prepare(made)
        yield made


def asking(con: duckdb.DuckDBPyConnection) -> Rows:
    return lambda sql: con.execute(sql).fetchall()


@pytest.mark.parametrize(
    "name", ["orders", "shop.orders", "AwsDataCatalog.shop.orders", "lake.Shop.Orders"]
)
def test_tables_by_every_name(con: duckdb.DuckDBPyConnection, name: str) -> None:
    made = translate(
        f"SELECT id, price * 2 FROM {name}", AttachedSchema(asking(con), "lake", "shop")
    )
    assert [str(one) for one in made.types] == ["integer", "decimal(28,4)"]
    assert con.execute(made.sql).fetchall() == [(1, 5)]


def test_a_table_that_is_not_there(con: duckdb.DuckDBPyConnection) -> None:
    for name in ("nosuch", "shop.nosuch", "other.shop.orders"):
        with pytest.raises(AthenaError, match="TABLE_NOT_FOUND"):
            translate(f"SELECT 1 FROM {name}", AttachedSchema(asking(con), "lake", "shop"))
