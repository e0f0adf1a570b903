"""What every catalog must do: one suite over SQLite, REST and Glue."""

from datetime import datetime

import pyarrow as pa
import pytest
from pyarrow.fs import FileSelector
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NamespaceAlreadyExistsError,
    NamespaceNotEmptyError,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.transforms import MonthTransform
from pyiceberg.types import LongType, NestedField, StringType, TimestampType

from lakehouse.catalog.defaults import TABLE_DEFAULTS

SALES = ("shop", "sales")
SCHEMA = Schema(
    NestedField(1, "id", LongType(), required=True),
    NestedField(2, "country", StringType()),
    NestedField(3, "sold_at", TimestampType()),
)
BY_MONTH = PartitionSpec(PartitionField(3, 1000, MonthTransform(), "sold_month"))
NO_RETRIES = {"commit.retry.num-retries": "0"}


def rows(*numbers: int) -> pa.Table:
    return pa.table(
        {
            "id": list(numbers),
            "country": ["France" if number % 2 else "Spain" for number in numbers],
            "sold_at": [datetime(2011, 1 + number % 12, 1) for number in numbers],  # noqa: DTZ001
        },
        schema=SCHEMA.as_arrow(),
    )


def ids(table: Table) -> list[int]:
    return sorted(table.refresh().scan().to_arrow()["id"].to_pylist())


def files(table: Table) -> set[str]:
    """Every file below the table's location, by its path there."""
    assert isinstance(table.io, PyArrowFileIO)
    scheme, netloc, path = PyArrowFileIO.parse_location(table.location())
    selector = FileSelector(path, recursive=True, allow_not_found=True)
    found = table.io.fs_by_scheme(scheme, netloc).get_file_info(selector)
    return {info.path.removeprefix(path + "/") for info in found if info.is_file}


def metadata_files(table: Table) -> set[str]:
    return {file for file in files(table) if file.endswith(".metadata.json")}


@pytest.fixture
def sales(catalog: Catalog) -> Table:
    catalog.create_namespace("shop")
    return catalog.create_table(SALES, SCHEMA, partition_spec=BY_MONTH)


def test_namespaces_come_and_go(catalog: Catalog) -> None:
    assert catalog.list_namespaces() == []
    catalog.create_namespace("shop", {"comment": "orders"})
    assert catalog.list_namespaces() == [("shop",)]
    assert catalog.load_namespace_properties("shop")["comment"] == "orders"
    with pytest.raises(NamespaceAlreadyExistsError):
        catalog.create_namespace("shop")
    catalog.drop_namespace("shop")
    assert not catalog.namespace_exists("shop")
    with pytest.raises(NoSuchNamespaceError):
        catalog.load_namespace_properties("shop")
    with pytest.raises(NoSuchNamespaceError):
        catalog.drop_namespace("shop")


def test_namespace_properties_are_set_and_removed(catalog: Catalog) -> None:
    catalog.create_namespace("shop", {"keep": "1", "gone": "2"})
    summary = catalog.update_namespace_properties("shop", {"gone", "never"}, {"new": "3"})
    assert (summary.removed, summary.updated, summary.missing) == (["gone"], ["new"], ["never"])
    properties = catalog.load_namespace_properties("shop")
    assert {"keep": "1", "new": "3"}.items() <= properties.items()
    assert "gone" not in properties


def test_a_namespace_without_properties_stays(catalog: Catalog) -> None:
    catalog.create_namespace("shop", {"only": "1"})
    catalog.update_namespace_properties("shop", {"only"})
    assert catalog.namespace_exists("shop")


def test_a_namespace_with_tables_is_not_dropped(catalog: Catalog, sales: Table) -> None:
    with pytest.raises(NamespaceNotEmptyError):
        catalog.drop_namespace("shop")
    assert catalog.list_tables("shop") == [SALES]


def test_a_new_table_has_the_defaults(catalog: Catalog, sales: Table) -> None:
    loaded = catalog.load_table(SALES)
    assert loaded.metadata.format_version == 2
    assert TABLE_DEFAULTS.items() <= loaded.properties.items()
    assert "format-version" not in loaded.properties
    assert loaded.schema().as_struct() == SCHEMA.as_struct()
    assert [field.name for field in loaded.spec().fields] == ["sold_month"]


def test_given_properties_beat_the_defaults(catalog: Catalog) -> None:
    catalog.create_namespace("shop")
    table = catalog.create_table(SALES, SCHEMA, properties=NO_RETRIES)
    assert table.properties["commit.retry.num-retries"] == "0"
    assert table.properties["write.parquet.compression-codec"] == "zstd"


def test_a_table_is_created_once(catalog: Catalog, sales: Table) -> None:
    before = metadata_files(sales)
    with pytest.raises(TableAlreadyExistsError):
        catalog.create_table(SALES, SCHEMA)
    assert metadata_files(sales) == before


def test_a_table_needs_its_namespace(catalog: Catalog) -> None:
    with pytest.raises(NoSuchNamespaceError):
        catalog.create_table(("nowhere", "sales"), SCHEMA)
    with pytest.raises(NoSuchTableError):
        catalog.load_table(SALES)
    with pytest.raises(NoSuchTableError):
        catalog.drop_table(SALES)
    assert not catalog.table_exists(SALES)


def test_rows_are_appended_overwritten_and_deleted(catalog: Catalog, sales: Table) -> None:
    sales.append(rows(1, 2, 3))
    sales.append(rows(4), snapshot_properties={"batch": "b4"})
    assert sales.current_snapshot().summary["batch"] == "b4"
    assert ids(catalog.load_table(SALES)) == [1, 2, 3, 4]
    sales.delete("country = 'Spain'")
    assert ids(catalog.load_table(SALES)) == [1, 3]
    sales.overwrite(rows(9))
    assert ids(catalog.load_table(SALES)) == [9]
    assert len(catalog.load_table(SALES).metadata.snapshots) == len(sales.metadata.snapshots)


def test_a_schema_evolves(catalog: Catalog, sales: Table) -> None:
    sales.append(rows(1))
    with sales.update_schema() as update:
        update.add_column("note", StringType(), doc="free text")
        update.rename_column("country", "land")
    loaded = catalog.load_table(SALES)
    assert loaded.scan().to_arrow().column_names == ["id", "land", "sold_at", "note"]
    assert ids(loaded) == [1]


def test_of_two_commits_on_one_base_exactly_one_wins(catalog: Catalog, sales: Table) -> None:
    with sales.transaction() as transaction:
        transaction.set_properties(**NO_RETRIES)
    first, second = catalog.load_table(SALES), catalog.load_table(SALES)
    first.append(rows(1))
    before = files(sales)
    with pytest.raises(CommitFailedException):
        second.append(rows(2))
    assert ids(sales) == [1]
    # The data file is its writer's to clean up; what makes a commit is gone.
    assert {file for file in files(sales) - before if "metadata/" in file} == set()


def test_a_stale_writer_that_retries_loses_nothing(catalog: Catalog, sales: Table) -> None:
    first, second = catalog.load_table(SALES), catalog.load_table(SALES)
    first.append(rows(1))
    second.append(rows(2))
    assert ids(sales) == [1, 2]


def test_a_table_is_created_with_its_rows(catalog: Catalog) -> None:
    catalog.create_namespace("shop")
    with catalog.create_table_transaction(SALES, SCHEMA, partition_spec=BY_MONTH) as transaction:
        transaction.append(rows(1, 2))
        assert not catalog.table_exists(SALES)
    table = catalog.load_table(SALES)
    assert ids(table) == [1, 2]
    assert table.metadata.format_version == 2
    assert TABLE_DEFAULTS.items() <= table.properties.items()


def test_a_staged_table_that_never_comes_is_nowhere(catalog: Catalog) -> None:
    catalog.create_namespace("shop")
    transaction = catalog.create_table_transaction(SALES, SCHEMA)
    assert not catalog.table_exists(SALES)
    assert catalog.list_tables("shop") == []
    assert files(transaction._table) == set()
    catalog.drop_namespace("shop")


def test_of_two_that_create_one_table_the_first_stays(catalog: Catalog) -> None:
    catalog.create_namespace("shop")
    first = catalog.create_table_transaction(SALES, SCHEMA)
    second = catalog.create_table_transaction(SALES, SCHEMA)
    first.append(rows(1))
    second.append(rows(2))
    first.commit_transaction()
    table = catalog.load_table(SALES)
    before = metadata_files(table)
    with pytest.raises((CommitFailedException, TableAlreadyExistsError)):
        second.commit_transaction()
    assert ids(table) == [1]
    assert metadata_files(table) == before


def test_a_dropped_table_can_be_registered_again(catalog: Catalog, sales: Table) -> None:
    sales.append(rows(1, 2))
    catalog.drop_table(SALES)
    assert not catalog.table_exists(SALES)
    catalog.register_table(("shop", "back"), sales.metadata_location)
    assert ids(catalog.load_table(("shop", "back"))) == [1, 2]
    with pytest.raises(TableAlreadyExistsError):
        catalog.register_table(("shop", "back"), sales.metadata_location)


def test_a_purged_table_leaves_no_file(catalog: Catalog, sales: Table) -> None:
    sales.append(rows(1, 2))
    sales.delete("id = 1")
    assert files(sales)
    catalog.purge_table(SALES)
    assert not catalog.table_exists(SALES)
    assert files(sales) == set()


def test_a_table_is_renamed(catalog: Catalog, sales: Table) -> None:
    sales.append(rows(1))
    catalog.create_namespace("archive")
    catalog.rename_table(SALES, ("archive", "sales_2011"))
    assert not catalog.table_exists(SALES)
    moved = catalog.load_table(("archive", "sales_2011"))
    moved.append(rows(2))
    assert ids(moved) == [1, 2]
    with pytest.raises(NoSuchTableError):
        catalog.rename_table(SALES, ("archive", "other"))


def test_a_table_is_not_renamed_over_another(catalog: Catalog, sales: Table) -> None:
    catalog.create_table(("shop", "other"), SCHEMA)
    with pytest.raises(TableAlreadyExistsError):
        catalog.rename_table(SALES, ("shop", "other"))
    assert sorted(catalog.list_tables("shop")) == [("shop", "other"), SALES]
