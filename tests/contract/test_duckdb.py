"""DuckDB reads and writes through the Iceberg REST service."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import EqualTo

from lakehouse.catalog import Endpoint, catalog_endpoint, open_catalog
from lakehouse.catalog.defaults import TABLE_DEFAULTS
from lakehouse.config import Settings
from lakehouse.query.engine import attach_lake, load_extensions

# Ten lines over three months: day i of 2011 sells i pieces, in country A, B or C.
MAKE = """
    CREATE TABLE lake.shop.sales PARTITIONED BY (month(sold_on)) AS
    SELECT i::BIGINT AS id, 'ABC'[1 + i % 3] AS country,
        DATE '2011-01-25' + (i * 5)::INTEGER AS sold_on,
        (i * 1.5)::DECIMAL(18, 2) AS amount
    FROM range(10) r(i)
"""


def attached(endpoint: Endpoint) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    load_extensions(con)
    attach_lake(con, endpoint)
    return con


@pytest.fixture
def con(endpoint: Endpoint) -> Iterator[duckdb.DuckDBPyConnection]:
    with attached(endpoint) as con:
        con.execute("CREATE SCHEMA lake.shop")
        con.execute(MAKE)
        yield con


def ids(con: duckdb.DuckDBPyConnection, table: str = "sales") -> list[int]:
    return [
        row[0] for row in con.execute(f"SELECT id FROM lake.shop.{table} ORDER BY 1").fetchall()
    ]


def test_a_partitioned_table_is_created_from_a_query(
    con: duckdb.DuckDBPyConnection, client: Catalog
) -> None:
    assert ids(con) == list(range(10))
    table = client.load_table("shop.sales")
    assert table.scan().to_arrow().num_rows == 10
    months = {task.file.partition[0] for task in table.scan().plan_files()}
    # Iceberg counts months from January 1970; the ten days fall into January to March 2011.
    assert months == {492, 493, 494}
    assert TABLE_DEFAULTS.items() <= table.properties.items()


def test_rows_are_inserted_updated_deleted_and_merged(
    con: duckdb.DuckDBPyConnection, client: Catalog
) -> None:
    con.execute("INSERT INTO lake.shop.sales VALUES (10, 'D', DATE '2011-04-01', 100)")
    con.execute("UPDATE lake.shop.sales SET amount = 0 WHERE id = 1")
    con.execute("DELETE FROM lake.shop.sales WHERE country = 'C'")  # 2, 5, 8
    con.execute(
        """
        MERGE INTO lake.shop.sales AS old
        USING (VALUES (3, 7.5), (20, 9.5)) AS new(id, amount) ON old.id = new.id
        WHEN MATCHED THEN UPDATE SET amount = new.amount
        WHEN NOT MATCHED THEN INSERT VALUES (new.id, 'M', DATE '2011-05-01', new.amount)
        """
    )
    expected = {0: 0, 1: 0, 3: 7.5, 4: 6, 6: 9, 7: 10.5, 9: 13.5, 10: 100, 20: 9.5}
    assert ids(con) == sorted(expected)
    read = client.load_table("shop.sales").scan().to_arrow()
    found = dict(zip(read["id"].to_pylist(), read["amount"].to_pylist(), strict=True))
    assert found == {number: Decimal(str(amount)) for number, amount in expected.items()}


def test_a_transaction_over_two_tables_is_seen_whole_or_not_at_all(
    con: duckdb.DuckDBPyConnection, endpoint: Endpoint
) -> None:
    con.execute("CREATE TABLE lake.shop.audit (id BIGINT)")
    with attached(endpoint) as other:
        con.execute("BEGIN")
        con.execute("INSERT INTO lake.shop.audit VALUES (1), (2)")
        con.execute("DELETE FROM lake.shop.sales WHERE id < 5")
        assert (ids(other), ids(other, "audit")) == (list(range(10)), [])
        con.execute("COMMIT")
        assert (ids(other), ids(other, "audit")) == (list(range(5, 10)), [1, 2])
        con.execute("BEGIN")
        con.execute("DELETE FROM lake.shop.sales")
        con.execute("ROLLBACK")
        assert ids(con) == ids(other) == list(range(5, 10))


def test_of_two_transactions_on_one_base_exactly_one_wins(
    con: duckdb.DuckDBPyConnection, endpoint: Endpoint, settings: Settings
) -> None:
    con.execute("CREATE TABLE lake.shop.audit (id BIGINT)")
    with attached(endpoint) as other:
        for each, number in ((con, 100), (other, 200)):
            each.execute("BEGIN")
            # Read first, so that both transactions rest on the same snapshots.
            ids(each)
            each.execute(f"INSERT INTO lake.shop.audit VALUES ({number})")
            each.execute(
                f"INSERT INTO lake.shop.sales VALUES ({number}, 'X', DATE '2011-01-01', 0)"
            )
        con.execute("COMMIT")
        before = set(settings.warehouse.rglob("*.metadata.json"))
        with pytest.raises(duckdb.Error, match="Requirement failed"):
            other.execute("COMMIT")
    assert ids(con) == [*range(10), 100]
    assert ids(con, "audit") == [100]
    assert set(settings.warehouse.rglob("*.metadata.json")) == before


def test_a_failed_query_creates_no_table(con: duckdb.DuckDBPyConnection, client: Catalog) -> None:
    with pytest.raises(duckdb.Error, match="boom"):
        con.execute("CREATE TABLE lake.shop.broken AS SELECT error('boom') AS x")
    assert client.list_tables("shop") == [("shop", "sales")]


def test_a_dropped_table_takes_its_files_along(
    con: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    con.execute("DELETE FROM lake.shop.sales WHERE id = 4")
    assert list(settings.warehouse.rglob("*.parquet"))
    con.execute("DROP TABLE lake.shop.sales")
    assert list((settings.warehouse / "shop").iterdir()) == []
    con.execute(MAKE)
    assert ids(con) == list(range(10))


def test_a_table_changes_its_columns(con: duckdb.DuckDBPyConnection, client: Catalog) -> None:
    con.execute("ALTER TABLE lake.shop.sales ADD COLUMN note VARCHAR")
    con.execute("INSERT INTO lake.shop.sales VALUES (10, 'D', DATE '2011-04-01', 100, 'ünï')")
    con.execute("ALTER TABLE lake.shop.sales RENAME COLUMN country TO land")
    columns = ["id", "land", "sold_on", "amount", "note"]
    assert client.load_table("shop.sales").schema().column_names == columns
    rows = con.execute(
        "SELECT note, land FROM lake.shop.sales WHERE id >= 9 ORDER BY id"
    ).fetchall()
    assert rows == [(None, "A"), ("ünï", "D")]


def test_old_snapshots_are_read(con: duckdb.DuckDBPyConnection, client: Catalog) -> None:
    first = client.load_table("shop.sales").metadata.current_snapshot_id
    con.execute("DELETE FROM lake.shop.sales")
    assert ids(con) == []
    old = con.execute(f"SELECT count(*) FROM lake.shop.sales AT (VERSION => {first})").fetchone()
    assert old == (10,)


def test_what_pyiceberg_writes_duckdb_reads_at_once(
    con: duckdb.DuckDBPyConnection, client: Catalog
) -> None:
    table = client.load_table("shop.sales")
    extra = table.scan(row_filter="id = 3").to_arrow()
    table.append(extra)
    table.delete("id = 9")
    assert ids(con) == [0, 1, 2, 3, 3, 4, 5, 6, 7, 8]


# polars would rather plan with a package of its own; with PyIceberg it plans all the same.
@pytest.mark.filterwarnings("ignore:Iceberg scan planning with the polars_iceberg plugin")
def test_text_that_duckdb_cuts_within_a_character_can_be_filtered(
    con: duckdb.DuckDBPyConnection, client: Catalog
) -> None:
    # The 16th byte is the first of three: DuckDB cuts its lower bound there.
    name = "A" * 15 + "\u2022 bullet"
    con.execute("CREATE TABLE lake.shop.names (id BIGINT, name VARCHAR, key DECIMAL(38, 0))")
    con.execute("INSERT INTO lake.shop.names VALUES (1, ?, 1), (2, 'zebra', 2)", [name])
    con.execute("INSERT INTO lake.shop.names SELECT 3, ? || 'x', 3", [name])
    found = con.execute("SELECT id FROM lake.shop.names WHERE name = ?", [name]).fetchall()
    assert found == [(1,)]
    con.execute("DELETE FROM lake.shop.names WHERE name = ? || 'x'", [name])
    table = client.load_table("shop.names")
    assert table.scan(row_filter=EqualTo("name", name)).to_arrow()["id"].to_pylist() == [1]
    assert table.scan(row_filter="name < 'B'").to_arrow()["id"].to_pylist() == [1]
    assert pl.scan_iceberg(table).filter(pl.col("name") == name).collect()["id"].to_list() == [1]


def test_a_stale_lake_sees_the_past_and_a_fresh_one_the_present(
    con: duckdb.DuckDBPyConnection, endpoint: Endpoint, client: Catalog
) -> None:
    attach_lake(con, endpoint, alias="stale", max_staleness=timedelta(hours=1))
    count = "SELECT count(*) FROM {}.shop.sales"
    assert con.execute(count.format("stale")).fetchone() == (10,)
    client.load_table("shop.sales").delete("id = 1")
    assert con.execute(count.format("stale")).fetchone() == (10,)
    assert con.execute(count.format("lake")).fetchone() == (9,)


def test_a_read_only_lake_can_not_be_written(endpoint: Endpoint) -> None:
    with duckdb.connect() as con:
        load_extensions(con)
        attach_lake(con, endpoint, alias='my "lake"', read_only=True)
        with pytest.raises(duckdb.Error, match="read-only"):
            con.execute('CREATE SCHEMA "my ""lake""".shop')


def test_the_wrong_token_is_refused(endpoint: Endpoint) -> None:
    with duckdb.connect() as con:
        load_extensions(con)
        with pytest.raises(duckdb.Error, match="401"):
            attach_lake(con, Endpoint(endpoint.uri, "wrong"))


def test_extensions_come_from_the_wheels_alone(tmp_path: Path) -> None:
    with duckdb.connect(config={"extension_directory": str(tmp_path)}) as con:
        load_extensions(con)
        loaded = con.execute(
            "SELECT extension_name FROM duckdb_extensions() WHERE loaded AND NOT installed"
            " OR extension_name IN ('avro', 'httpfs', 'iceberg')"
        ).fetchall()
        assert {"avro", "httpfs", "iceberg"} <= {name for (name,) in loaded}
        off = con.execute("SELECT current_setting('autoinstall_known_extensions')").fetchone()
        assert off == (False,)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.xdist_group("moto")
def test_duckdb_reads_and_writes_tables_in_glue(glue_settings: Settings) -> None:
    with catalog_endpoint(glue_settings) as endpoint, attached(endpoint) as con:
        con.execute("CREATE SCHEMA lake.shop")
        con.execute(MAKE)
        con.execute("INSERT INTO lake.shop.sales VALUES (10, 'D', DATE '2011-04-01', 100)")
        con.execute("DELETE FROM lake.shop.sales WHERE id = 4")
        assert ids(con) == [0, 1, 2, 3, 5, 6, 7, 8, 9, 10]
        with open_catalog(glue_settings) as glue:
            table = glue.load_table("shop.sales")
            assert table.location() == "s3://lake/warehouse/shop.db/sales"
            sold = table.scan(row_filter="id = 10").to_arrow()["sold_on"].to_pylist()
            assert sold == [date(2011, 4, 1)]
        con.execute("DROP TABLE lake.shop.sales")
        assert con.execute("SELECT count(*) FROM (SHOW ALL TABLES)").fetchone() == (0,)
