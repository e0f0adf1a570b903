"""Descriptions in the metadata of a table."""

import duckdb
import pytest
from pyiceberg.catalog import Catalog

from lakehouse.catalog import open_catalog
from lakehouse.config import Settings
from lakehouse.tables.descriptions import Description, describe_table
from lakehouse.tables.rebuild import TableContent, rebuild

NAME = ("core", "t")


@pytest.fixture
def catalog(settings: Settings) -> Catalog:
    catalog = open_catalog(settings)
    with duckdb.connect() as duck:
        rebuild(duck, catalog, TableContent(NAME, "select 1 as a, 2 as b", column_docs={"b": "B."}))
    return catalog


def test_descriptions_are_set_and_taken_away(catalog: Catalog) -> None:
    describe_table(catalog, NAME, Description("It is.", {"a": "A."}))
    table = catalog.load_table(NAME)
    assert table.properties["comment"] == "It is."
    assert [(f.name, f.doc or "") for f in table.schema().fields] == [("a", "A."), ("b", "")]
    assert len(table.scan().to_arrow()) == 1


def test_nothing_is_committed_when_nothing_changes(catalog: Catalog) -> None:
    before = catalog.load_table(NAME).metadata_location
    describe_table(catalog, NAME, Description("", {"b": "B."}))
    assert catalog.load_table(NAME).metadata_location == before
