"""A table is made once, and looked for afterwards."""

from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField

from lakehouse.catalog import open_catalog
from lakehouse.config import Settings
from lakehouse.tables.creation import ensure_table

SCHEMA = Schema(NestedField(1, "id", LongType()))


def test_a_table_that_is_there_is_found_and_nothing_written(settings: Settings) -> None:
    with open_catalog(settings) as catalog:
        made = ensure_table(catalog, ("landing", "t"), SCHEMA)
        before = sorted(settings.warehouse.rglob("*"))
        found = ensure_table(catalog, ("landing", "t"), SCHEMA)
    assert found.metadata.table_uuid == made.metadata.table_uuid
    assert sorted(settings.warehouse.rglob("*")) == before
