"""OPTIMIZE and VACUUM, as PyIceberg sees the table afterwards."""

from collections.abc import Iterator

import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from lakehouse.athena import AthenaError
from lakehouse.athena.session import AthenaSession, open_athena
from lakehouse.catalog import open_catalog
from lakehouse.config import Settings, load_settings

PROPERTIES = "'table_type'='iceberg', 'vacuum_min_snapshots_to_keep'='2'"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("it's 100% a #home ☃")
    return load_settings(folder=folder, environment={})


@pytest.fixture(scope="module")
def session(home: Settings) -> Iterator[AthenaSession]:
    with open_athena(home, write=True) as session:
        session.run("create database shop")
        yield session


@pytest.fixture
def catalog(home: Settings, session: AthenaSession) -> Iterator[Catalog]:
    """The catalog, with a table of two partitions, a file for each of three inserts."""
    session.run("drop table if exists shop.days")
    session.run(f"""create table shop.days (id bigint, day date, at timestamp)
        partitioned by (day, month(at)) tblproperties ({PROPERTIES})""")
    for i in range(3):
        session.run(f"""insert into shop.days values
            ({i}, date '2024-01-01', timestamp '2024-01-31 23:59:59'),
            ({i}, date '2024-01-02', timestamp '2024-02-01 00:00:00')""")
    session.run("delete from shop.days where id = 1 and day = date '2024-01-02'")
    with open_catalog(home) as catalog:
        yield catalog


def files(table: Table) -> list[tuple[str, int, int]]:
    """The partition, the rows and the deletes of each data file."""
    tasks = table.refresh().scan().plan_files()
    return sorted(
        (task.file.file_path.split("/")[-2], task.file.record_count, len(task.delete_files))
        for task in tasks
    )


def rows(table: Table) -> list[tuple[int, str]]:
    found = table.refresh().scan().to_arrow().to_pylist()
    return sorted((row["id"], str(row["day"])) for row in found)


OLD = [(0, "2024-01-01"), (0, "2024-01-02"), (1, "2024-01-01"), (2, "2024-01-01"),
       (2, "2024-01-02")]  # fmt: skip


def test_optimize_packs_the_files_of_each_partition(
    session: AthenaSession, catalog: Catalog
) -> None:
    table = catalog.load_table("shop.days")
    assert len(files(table)) == 6
    session.run("OPTIMIZE shop.days REWRITE DATA USING BIN_PACK;")
    assert sorted(each[1:] for each in files(table)) == [(2, 0), (3, 0)]
    assert rows(table) == OLD
    session.run("optimize `shop`.`days` rewrite data using bin_pack")  # nothing is left to do
    assert rows(table) == OLD


@pytest.mark.parametrize(
    ("condition", "packed"),
    [
        ("day = date '2024-01-01'", [3]),
        ("at < timestamp '2024-02-01 00:00:00' and day is not null", [3]),
        ("month(at) = 2 or false", [2]),
        ("\"DAY\" between date '2024-01-01' and date '2024-01-02'", [2, 3]),
        ("at > timestamp '2024-02-29 12:00:00'", [2]),
        ("at > timestamp '2024-03-01 00:00:00'", []),
    ],
)
def test_optimize_packs_the_partitions_that_were_named(
    session: AthenaSession, catalog: Catalog, condition: str, packed: list[int]
) -> None:
    table = catalog.load_table("shop.days")
    session.run(f"optimize shop.days rewrite data using bin_pack where {condition}")
    assert sorted(count for _, count, _ in files(table) if count > 1) == packed
    assert rows(table) == OLD


def test_vacuum_expires_by_the_properties_of_the_table(
    session: AthenaSession, catalog: Catalog
) -> None:
    table = catalog.load_table("shop.days")
    assert table.properties["history.expire.min-snapshots-to-keep"] == "2"
    session.run("vacuum shop.days")  # five days are not over
    assert len(table.refresh().snapshots()) == 4
    with table.transaction() as transaction:
        transaction.set_properties({"history.expire.max-snapshot-age-ms": "0"})
    session.run("VACUUM shop.days")
    assert len(table.refresh().snapshots()) == 2
    assert rows(table) == OLD
    session.run("alter table shop.days set tblproperties ('vacuum_max_snapshot_age_seconds'='60')")
    assert table.refresh().properties["history.expire.max-snapshot-age-ms"] == "60000"
    session.run("alter table shop.days unset tblproperties ('vacuum_max_snapshot_age_seconds')")
    assert "history.expire.max-snapshot-age-ms" not in table.refresh().properties


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("optimize shop.days rewrite data using bin_pack where id = 1", "NOT_SUPPORTED"),
        ("optimize shop.days rewrite data using bin_pack where day = 'x'", "TYPE_MISMATCH"),
        ("optimize shop.none rewrite data using bin_pack", "TABLE_NOT_FOUND"),
        ("optimize shop.days rewrite data", "SYNTAX_ERROR"),
        ("vacuum shop.none", "TABLE_NOT_FOUND"),
        ("vacuum none.none", "TABLE_NOT_FOUND"),
        ("vacuum shop.a_view", "NOT_SUPPORTED"),
        ("optimize shop.a_view rewrite data using bin_pack", "NOT_SUPPORTED"),
    ],
)
@pytest.mark.usefixtures("catalog")
def test_what_cannot_be_kept_in_order_is_refused(
    session: AthenaSession, sql: str, code: str
) -> None:
    session.run("create or replace view shop.a_view as select 1 as a")
    with pytest.raises(AthenaError) as refused:
        session.run(sql)
    assert refused.value.code == code


def test_upkeep_needs_the_permission_to_write(home: Settings, catalog: Catalog) -> None:
    for sql in ("vacuum shop.days", "optimize shop.days rewrite data using bin_pack"):
        with open_athena(home) as reader, pytest.raises(AthenaError, match="PERMISSION_DENIED"):
            reader.run(sql)
    assert len(catalog.load_table("shop.days").snapshots()) == 4
