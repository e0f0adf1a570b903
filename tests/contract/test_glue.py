"""The commands over AWS Glue, and what Glue and Athena find there afterwards."""

import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import boto3
import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError, NoSuchViewError, TableAlreadyExistsError

from lakehouse.catalog import open_catalog
from lakehouse.catalog.rest import serving
from lakehouse.config import Settings
from tests.contract.conftest import Command, Service, commanding, run_all

pytestmark = pytest.mark.xdist_group("moto")

MAKE = (
    "create schema shop comment 'What was sold'",
    "create table shop.sales (id bigint comment 'Its number', country string, sold_at timestamp,"
    " price decimal(9,2), tags array<string>) partitioned by (month(sold_at))"
    " tblproperties ('table_type'='ICEBERG')",
    "insert into shop.sales values"
    " (1, 'UK', timestamp '2024-01-02 00:00:00', 1.5, array['a']),"
    " (2, 'FR', timestamp '2024-02-02 00:00:00', 2.5, null)",
)


@pytest.fixture
def glue(glue_settings: Settings) -> Any:
    """Glue's own client: what other programs see."""
    given = glue_settings.catalog
    return boto3.client(
        "glue",
        endpoint_url=given["glue.endpoint"],
        region_name=given["client.region"],
        aws_access_key_id=given["client.access-key-id"],
        aws_secret_access_key=given["client.secret-access-key"],
    )


@pytest.fixture
def command(glue_settings: Settings, tmp_path: Path) -> Command:
    return commanding(glue_settings, tmp_path / "glue.toml")


def test_a_renamed_table_keeps_what_athena_expects(
    glue_settings: Settings, command: Command, glue: Any
) -> None:
    run_all(glue_settings, *MAKE)
    before = glue.get_table(DatabaseName="shop", Name="sales")["Table"]
    assert command("catalog", "rename", "shop.sales", "shop.sold").exit_code == 0
    after = glue.get_table(DatabaseName="shop", Name="sold")["Table"]
    assert after["Parameters"] == before["Parameters"]
    assert after["StorageDescriptor"]["Columns"] == before["StorageDescriptor"]["Columns"]


def test_a_table_carries_what_athena_expects(glue_settings: Settings, glue: Any) -> None:
    run_all(glue_settings, *MAKE[:2])
    assert glue.get_database(Name="shop")["Database"]["Description"] == "What was sold"
    with open_catalog(glue_settings) as catalog:
        table = catalog.load_table("shop.sales")
        first = table.metadata_location
        with table.transaction() as change:
            change.set_properties({"comment": "A sale a row", "owner": "ann"})
        found = glue.get_table(DatabaseName="shop", Name="sales")["Table"]
        assert (found["TableType"], found["Description"]) == ("EXTERNAL_TABLE", "A sale a row")
        parameters = found["Parameters"]
        assert parameters["table_type"] == "ICEBERG"
        assert parameters["metadata_location"] == table.metadata_location
        assert parameters["previous_metadata_location"] == first
        assert parameters["owner"] == "ann"
        storage = found["StorageDescriptor"]
        assert storage["Location"] == table.location()
        columns = [(c["Name"], c["Type"], c["Parameters"]) for c in storage["Columns"]]
        common = {"iceberg.field.optional": "true", "iceberg.field.current": "true"}
        ids = {field.name: str(field.field_id) for field in table.schema().fields}
        types = ("bigint", "string", "timestamp", "decimal(9,2)", "array<string>")
        assert columns == [
            (name, made, {"iceberg.field.id": ids[name], **common})
            for name, made in zip(ids, types, strict=True)
        ]
        assert storage["Columns"][0]["Comment"] == "Its number"
        with table.transaction() as change:
            change.remove_properties("owner")
        assert (
            "owner" not in glue.get_table(DatabaseName="shop", Name="sales")["Table"]["Parameters"]
        )


def test_views_are_athenas(glue_settings: Settings, glue: Any) -> None:
    *_, read, kinds = run_all(
        glue_settings,
        *MAKE,
        "create view shop.v as select id from shop.sales",
        "create or replace view shop.v as select id, tags, price from shop.sales where id > 1",
        "select id from shop.v",
        "show views in shop",
    )
    assert (read, kinds) == ([(2,)], [("v",)])
    entry = glue.get_table(DatabaseName="shop", Name="v")["Table"]
    assert (entry["TableType"], entry["Parameters"]["presto_view"]) == ("VIRTUAL_VIEW", "true")
    text = entry["ViewOriginalText"]
    kept = json.loads(b64decode(text.removeprefix("/* Presto View: ").removesuffix(" */")))
    assert kept["originalSql"] == "select id, tags, price from shop.sales where id > 1"
    assert (kept["catalog"], kept["schema"]) == ("awsdatacatalog", "shop")
    assert kept["columns"] == [
        {"name": "id", "type": "bigint"},
        {"name": "tags", "type": "array(varchar)"},
        {"name": "price", "type": "decimal(9, 2)"},
    ]
    theirs = {**kept, "originalSql": "SELECT 40 + 2 AS answer", "columns": []}
    encoded = b64encode(json.dumps(theirs).encode()).decode()
    glue.create_table(
        DatabaseName="shop",
        TableInput={
            "Name": "theirs",
            "TableType": "VIRTUAL_VIEW",
            "ViewOriginalText": f"/* Presto View: {encoded} */",
            "StorageDescriptor": {
                "Columns": [
                    {"Name": "answer", "Type": "int"},
                    {"Name": "deep", "Type": "map<string,array<struct<a:decimal(9,2),b:date>>>"},
                ]
            },
        },
    )
    with open_catalog(glue_settings) as catalog:
        check_views(catalog)
        with serving(catalog) as endpoint:
            found = Service(endpoint)("GET", "namespaces/shop/views").json()["identifiers"]
            assert [one["name"] for one in found] == ["theirs", "v"]
            loaded = Service(endpoint)("GET", "namespaces/shop/views/theirs").json()["metadata"]
            assert loaded["versions"][0]["representations"][0]["sql"] == "SELECT 40 + 2 AS answer"
    assert run_all(glue_settings, "select answer from shop.theirs", "drop view shop.v") == [
        [(42,)],
        [],
    ]


def check_views(catalog: Catalog) -> None:
    assert sorted(catalog.list_views("shop")) == [("shop", "theirs"), ("shop", "v")]
    deep = catalog.load_view("shop.theirs").schema().fields[1]
    assert str(deep.field_type).startswith("map<string, list<struct<")
    assert "decimal(9, 2)" in str(deep.field_type)
    assert catalog.list_tables("shop") == [("shop", "sales")]
    assert not catalog.view_exists("shop.sales")
    with pytest.raises(NoSuchViewError):
        catalog.load_view("shop.sales")
    with pytest.raises(NoSuchViewError):
        catalog.drop_view("shop.sales")
    with pytest.raises(NoSuchTableError):
        catalog.load_table("shop.v")
    sales = catalog.load_table("shop.sales").schema()
    version = catalog.load_view("shop.v").current_version()
    with pytest.raises(TableAlreadyExistsError):
        catalog.create_view("shop.sales", sales, version)
    with pytest.raises(TableAlreadyExistsError):
        catalog.replace_view("shop.sales", sales, version)  # type: ignore[attr-defined]
