import pyarrow as pa
import pytest

from lakehouse.catalog import open_catalog
from lakehouse.catalog.locations import path_of
from lakehouse.catalog.statistics import TableStatistics, table_statistics
from lakehouse.config import Settings
from lakehouse.errors import CatalogError

SCHEMA = pa.schema({"id": pa.int64()})


def test_an_empty_catalog_has_none(settings: Settings) -> None:
    with open_catalog(settings) as catalog:
        assert list(table_statistics(catalog)) == []


def test_tables_of_every_namespace_are_counted(settings: Settings) -> None:
    with open_catalog(settings) as catalog:
        for namespace in (("shop",), ("shop", "archive")):
            catalog.create_namespace(namespace)
        catalog.create_table(("shop", "archive", "old"), SCHEMA)
        table = catalog.create_table(("shop", "sales"), SCHEMA)
        table.append(pa.table({"id": [1, 2, 3]}))
        table.append(pa.table({"id": [4]}))
        table.delete("id = 4")  # the whole file goes
        location = path_of(table.location())
        assert location is not None
        found = list(table_statistics(catalog))
        (live,) = [task.file.file_path for task in table.scan().plan_files()]
        size = path_of(live)
        assert size is not None
        assert found == [
            TableStatistics("shop", "sales", 3, 1, size.stat().st_size, 3),
            TableStatistics("shop.archive", "old", 0, 0, 0, 0),
        ]


def test_a_lost_file_is_told(settings: Settings) -> None:
    with open_catalog(settings) as catalog:
        catalog.create_namespace("shop")
        table = catalog.create_table(("shop", "sales"), SCHEMA)
        metadata = path_of(table.metadata_location)
        assert metadata is not None
        metadata.unlink()
        with pytest.raises(CatalogError, match=r"a file of shop\.sales is missing"):
            list(table_statistics(catalog))
