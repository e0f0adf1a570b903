"""External tables over the kinds of catalogs that keep them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import (
    NamespaceNotEmptyError,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField

from lakehouse.athena.session import open_athena
from lakehouse.catalog import open_catalog
from lakehouse.catalog.external_tables import (
    ExternalColumn,
    ExternalPartition,
    ExternalTable,
    ExternalTables,
    external_tables,
)
from lakehouse.config import Settings

LOGS = ExternalTable(
    database="raw",
    name="logs",
    columns=(ExternalColumn("id", "bigint", "the key"), ExternalColumn("s", "struct<a:int>")),
    location="/data/it's ☃/logs",
    input_format="org.apache.hadoop.mapred.TextInputFormat",
    output_format="org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    serde="org.openx.data.jsonserde.JsonSerDe",
    serde_parameters={"ignore.malformed.json": "true"},
    parameters={"classification": "json"},
    partition_keys=(ExternalColumn("day", "date"),),
    comment="all of them",
)
MONDAY = ExternalPartition(("2024-01-01",), "/data/logs/day=2024-01-01")
TUESDAY = ExternalPartition(("2024-01-02",), "/elsewhere")


@pytest.fixture
def keeping(any_settings: Settings) -> Iterator[Catalog]:
    with open_catalog(any_settings) as catalog:
        catalog.create_namespace("raw")
        yield catalog


@pytest.fixture
def tables(keeping: Catalog) -> ExternalTables:
    found = external_tables(keeping)
    assert found is not None
    return found


def test_a_definition_is_found_as_it_was_given(tables: ExternalTables) -> None:
    whole = replace(LOGS, partitions=(MONDAY, TUESDAY))
    tables.create(whole)
    assert tables.find("raw", "logs") == whole
    assert tables.names("raw") == ["logs"]
    assert tables.find("raw", "other") is None
    assert tables.find("none", "logs") is None
    assert tables.names("none") == []


def test_a_name_is_taken_by_one_kind_of_table_only(
    tables: ExternalTables, keeping: Catalog
) -> None:
    schema = Schema(NestedField(1, "id", LongType()))
    keeping.create_table("raw.iceberg", schema)
    tables.create(LOGS)
    with pytest.raises(TableAlreadyExistsError):
        tables.create(LOGS)
    with pytest.raises(TableAlreadyExistsError):
        tables.create(replace(LOGS, name="iceberg"))
    with pytest.raises(TableAlreadyExistsError):
        keeping.create_table("raw.logs", schema)
    with pytest.raises(NoSuchNamespaceError):
        tables.create(replace(LOGS, database="none"))
    assert tables.find("raw", "iceberg") is None
    assert keeping.list_tables("raw") == [("raw", "iceberg")]


def test_a_change_sees_what_there_is_and_is_kept(tables: ExternalTables) -> None:
    tables.create(replace(LOGS, partitions=(MONDAY,)))
    moved = replace(MONDAY, location="/moved")
    made = tables.change("raw", "logs", lambda found: replace(found, partitions=(moved, TUESDAY)))
    assert made.partitions == (moved, TUESDAY)
    assert tables.find("raw", "logs") == made
    wider = (*LOGS.columns, ExternalColumn("more", "string"))
    tables.change("raw", "logs", lambda found: replace(found, columns=wider, partitions=()))
    found = tables.find("raw", "logs")
    assert found is not None
    assert (found.columns, found.partitions) == (wider, ())
    with pytest.raises(NoSuchTableError):
        tables.change("raw", "other", lambda found: found)


def test_a_database_that_holds_one_is_not_empty(tables: ExternalTables, keeping: Catalog) -> None:
    tables.create(LOGS)
    with pytest.raises(NamespaceNotEmptyError):
        keeping.drop_namespace("raw")
    tables.drop("raw", "logs")
    with pytest.raises(NoSuchTableError):
        tables.drop("raw", "logs")
    keeping.drop_namespace("raw")


@pytest.mark.parametrize(
    "name", ["settings", pytest.param("glue_settings", marks=pytest.mark.xdist_group("moto"))]
)
def test_files_are_read_by_definitions_of_either_catalog(
    request: pytest.FixtureRequest, name: str
) -> None:
    settings: Settings = request.getfixturevalue(name)
    raw = settings.home / "raw"
    (raw / "day=2024-01-02").mkdir(parents=True)
    (raw / "day=2024-01-02" / "a.json").write_text('{"id": 7}\n')
    with open_athena(settings, write=True) as session:
        session.run("create database raw")
        session.run(f"""create external table raw.logs (id bigint) partitioned by (day date)
            stored as json location '{raw}'""")
        session.run("msck repair table raw.logs")
        result, _ = session.run("select id, day from raw.logs")
        rows = [row for page in result.pages() for row in page.to_pylist()]
        assert rows == [{"id": 7, "day": date(2024, 1, 2)}]
        session.run("alter table raw.logs drop partition (day = '2024-01-02')")
        result, _ = session.run("select count(*) as n from raw.logs")
        assert [page.to_pydict() for page in result.pages()] == [{"n": [0]}]
        session.run("drop database raw cascade")


def test_a_change_that_comes_second_is_asked_again(
    tables: ExternalTables, keeping: Catalog
) -> None:
    tables.create(LOGS)
    seen = []

    def change(found: ExternalTable) -> ExternalTable:
        if not seen:  # somebody else is faster
            tables.change("raw", "logs", lambda each: replace(each, partitions=(MONDAY,)))
        seen.append(found.partitions)
        return replace(found, partitions=(*found.partitions, TUESDAY))

    made = tables.change("raw", "logs", change)
    if type(keeping).__name__ != "LakeGlueCatalog":  # Glue has no compare-and-swap of partitions
        assert seen == [(), (MONDAY,)]
        assert made.partitions == (MONDAY, TUESDAY)
    found = tables.find("raw", "logs")
    assert found is not None
    assert found.partitions == (MONDAY, TUESDAY)
