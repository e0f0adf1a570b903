"""The commands over AWS Glue, and what Glue and Athena find there afterwards."""

import json
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError, NoSuchViewError, TableAlreadyExistsError

from lakehouse.athena.session import open_athena
from lakehouse.catalog import open_catalog
from lakehouse.catalog.rest import serving
from lakehouse.cli.root import lakehouse
from lakehouse.config import Settings
from lakehouse.errors import LakehouseError
from tests.contract.conftest import Service

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


def run_all(settings: Settings, *statements: str) -> list[list[tuple[Any, ...]]]:
    """The rows of each statement, in Athena's dialect."""
    with open_athena(settings, write=True) as session:
        return [rows(session.run(sql)[0]) for sql in statements]


def rows(result: Any) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for page in result.pages() for row in page.to_pylist()]


@pytest.fixture
def config(glue_settings: Settings, tmp_path: Path) -> Path:
    file = tmp_path / "glue.toml"
    lines = [
        f"{json.dumps(key)} = {json.dumps(value)}" for key, value in glue_settings.catalog.items()
    ]
    file.write_text("[catalog]\n" + "\n".join(lines))
    return file


@pytest.fixture
def command(config: Path, glue_settings: Settings) -> Any:
    def run(*arguments: str) -> Result:
        flags = ["--config", str(config), "--home", str(glue_settings.home)]
        result = CliRunner().invoke(lakehouse, [*flags, *arguments])
        if isinstance(result.exception, LakehouseError):
            assert result.exception.hint
        elif result.exception:
            raise result.exception
        return result

    return run


def test_the_commands_work_over_glue(glue_settings: Settings, command: Any, glue: Any) -> None:
    def told(*arguments: str) -> Any:
        result = command(*arguments, "--json")
        assert result.exit_code == 0, result.exception
        return json.loads(result.stdout)

    run_all(glue_settings, *MAKE)
    (shop,) = told("catalog", "databases")
    assert (shop["database"], shop["tables"], shop["comment"]) == ("shop", 1, "What was sold")
    (sales,) = told("catalog", "tables")
    assert (sales["table"], sales["rows"], sales["files"], sales["snapshots"]) == ("sales", 2, 2, 1)
    shown = told("catalog", "show", "shop.sales")
    assert shown["columns"][0]["comment"] == "Its number"
    found = told("catalog", "partitions", "shop.sales")
    assert [row["partition"] for row in found] == ["sold_at_month=2024-01", "sold_at_month=2024-02"]
    run_all(
        glue_settings,
        "update shop.sales set country = 'DE' where id = 1",
        "delete from shop.sales where id = 2",
        "merge into shop.sales t using (select 3 as id) s on t.id = s.id"
        " when not matched then insert (id, sold_at)"
        " values (s.id, timestamp '2024-01-05 00:00:00')",
    )
    versions = told("catalog", "versions", "shop.sales")
    assert [row["rows"] for row in versions][-1] == 2

    command("tables", "tag", "shop.sales", "closing")
    command("tables", "branch", "shop.sales", "trial", "--at", str(versions[-1]["snapshot_id"]))
    assert "closing" in told("catalog", "versions", "shop.sales")[0]["names"]
    assert command("tables", "maintain", "shop.sales", "--full").exit_code == 0
    assert run_all(glue_settings, "select id, country from shop.sales order by id") == [
        [(1, "DE"), (3, None)]
    ]
    to = str(versions[-1]["snapshot_id"])
    assert command("tables", "rollback", "shop.sales", to, "--yes").exit_code == 0
    assert run_all(glue_settings, "select id, country from shop.sales order by id") == [
        [(1, "UK"), (2, "FR")]
    ]

    before = glue.get_table(DatabaseName="shop", Name="sales")["Table"]
    assert command("catalog", "rename", "shop.sales", "shop.sold").exit_code == 0
    after = glue.get_table(DatabaseName="shop", Name="sold")["Table"]
    assert after["Parameters"] == before["Parameters"]
    assert after["StorageDescriptor"]["Columns"] == before["StorageDescriptor"]["Columns"]
    assert command("catalog", "show", "shop.sales").exit_code == 1
    assert "2 rows" in command("catalog", "drop", "shop.sold", "--dry-run").stderr
    assert command("catalog", "drop", "shop", "--yes").exit_code == 1
    assert command("catalog", "drop", "shop.sold", "--yes").exit_code == 0
    assert command("catalog", "drop", "shop", "--yes").exit_code == 0
    assert "shop" not in {one["Name"] for one in glue.get_databases()["DatabaseList"]}


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


def test_tables_of_raw_files_are_read(glue_settings: Settings, command: Any) -> None:
    raw = glue_settings.home / "raw"
    raw.mkdir(parents=True)
    (raw / "a.csv").write_text("1,x\n2,y\n")
    read, listed = run_all(
        glue_settings,
        "create schema shop",
        "create external table shop.raw (id int, s string)"
        f" row format delimited fields terminated by ',' location '{raw}/'",
        "select id, s from shop.raw order by id",
        "show tables in shop",
    )[-2:]
    assert (read, listed) == ([(1, "x"), (2, "y")], [("raw",)])
    refused = command("catalog", "show", "shop.raw")
    assert refused.exit_code == 1
    run_all(glue_settings, "drop table shop.raw")
    assert list(raw.iterdir())
