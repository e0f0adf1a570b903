"""Advice about layouts, against layouts that were really written."""

import json
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from pyiceberg.catalog import Catalog
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.types import DateType, LongType, NestedField, StringType

from lakehouse.advice import advise
from lakehouse.catalog import open_catalog
from lakehouse.cli.root import lakehouse
from lakehouse.config import Settings
from lakehouse.errors import CatalogError, QueryError

SCHEMA = Schema(
    NestedField(1, "day", DateType()),
    NestedField(2, "device", StringType()),
    NestedField(3, "reading", LongType()),
)
DAYS, DEVICES = 60, 10
FIRST = date(2024, 1, 1)
# To open a file costs 100 bytes: small files pay at this size of table.
CHEAP = {"read.split.open-file-cost": "100", "write.target-file-size-bytes": "4000"}


def readings() -> pa.Table:
    """Every device reports 20 times on every day, in the order of the device."""
    rows = [
        {"day": FIRST + timedelta(days=n), "device": f"d{device}", "reading": n * device * again}
        for device in range(DEVICES)
        for n in range(DAYS)
        for again in range(20)
    ]
    return pa.Table.from_pylist(rows, SCHEMA.as_arrow())


@pytest.fixture
def home(settings: Settings) -> Settings:
    with open_catalog(settings) as catalog:
        make(catalog, CHEAP)
    return settings


def make(catalog: Catalog, properties: dict[str, str]) -> Table:
    catalog.create_namespace("iot")
    table = catalog.create_table("iot.readings", SCHEMA, properties=properties)
    table.append(readings())
    return table


def run(settings: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(lakehouse, ["--home", str(settings.home), *arguments])


def told(settings: Settings, *arguments: str) -> Any:
    result = run(settings, "catalog", "advise", "iot.readings", *arguments, "--json")
    assert result.exit_code == 0, result.exception
    return json.loads(result.stdout)


def test_the_recorded_queries_decide(home: Settings) -> None:
    days = "select sum(reading) from iot.readings where day between date '2024-01-05'"
    for _ in range(3):
        assert run(home, "sql", f"{days} and date '2024-01-06'").exit_code == 0
    asked = "SELECT count(*) FROM iot.readings WHERE day = DATE '2024-02-01' AND reading > 5"
    assert run(home, "sql", "--dialect", "athena", asked).exit_code == 0
    found = told(home)
    assert found["source"] == "recorded"
    assert sorted(each["times"] for each in found["questions"]) == [1, 3]
    assert {tuple(each["columns"]) for each in found["questions"]} == {("day", "reading")}
    assert found["best"]["partitioning"][0].endswith("(day)") or found["best"]["order"][0] == "day"
    # It is carried over to ops.query_executions and forgotten here: the same advice.
    assert run(home, "queries", "sync").exit_code == 0
    (home.home / "queries" / "journal.db").unlink()
    assert told(home)["candidates"] == found["candidates"]


def test_what_is_told_is_read_when_it_is_done(home: Settings) -> None:
    where = "day >= '2024-01-05' and day < '2024-01-07'"
    found = told(home, "--where", where)
    by_day = next(
        m for m in found["candidates"] if m["partitioning"] == ["day(day)"] and not m["order"]
    )
    assert (by_day["partitions"], by_day["files"], by_day["files_read"]) == (DAYS, DAYS, 2)
    # The device comes first in the table's rows: by it, nothing of the days is left out.
    by_device = next(
        m for m in found["candidates"] if m["partitioning"] == [] and m["order"] == ["day"]
    )
    assert by_device["files_read"] < found["now"]["files_read"]
    create, *renames = found["commands"]
    assert run(home, "sql", "--write", "--dialect", "athena", create).exit_code == 0
    for rename in renames:
        assert run(home, *rename.split()[1:]).exit_code == 0
    with open_catalog(home) as catalog:
        table = catalog.load_table("iot.readings")
        planned = list(table.scan(row_filter=where).plan_files())
        assert table.scan(row_filter=where).to_arrow().num_rows == 2 * DEVICES * 20
        assert len(planned) <= found["best"]["files_read"] * 2
        assert len(list(table.scan().plan_files())) > len(planned)


def test_a_table_is_sorted_where_it_is(home: Settings) -> None:
    where = "reading > 100 and reading < 120"
    found = told(home, "--where", where)
    (command,) = found["commands"]
    assert command == "lakehouse tables maintain iot.readings --sort-by reading"
    with open_catalog(home) as catalog:
        before = sorted(catalog.load_table("iot.readings").scan().to_arrow()["reading"].to_pylist())
    assert run(home, *command.split()[1:]).exit_code == 0
    with open_catalog(home) as catalog:
        table = catalog.load_table("iot.readings")
        assert sorted(table.scan().to_arrow()["reading"].to_pylist()) == before
        for task in table.scan().plan_files():
            values = table.io.new_input(task.file.file_path).open()
            stored = pq.read_table(values)["reading"].to_pylist()
            assert stored == sorted(stored)
    assert told(home, "--where", where)["best"] is None


def test_the_order_of_date_and_device_is_measured(home: Settings) -> None:
    one_device = told(home, "--where", "device = 'd3'", "--where", "day = '2024-01-09'")
    orders = {
        tuple(m["order"]): m["files_read"]
        for m in one_device["candidates"]
        if not m["partitioning"]
    }
    assert {("day", "device"), ("device", "day")} <= orders.keys()
    both = [m for m in one_device["candidates"] if len(m["partitioning"]) == 2]
    assert {tuple(m["partitioning"]) for m in both} >= {("day(day)", "device")}
    by_both = next(m for m in both if m["partitioning"] == ["day(day)", "device"])
    assert by_both["partitions"] == DAYS * DEVICES
    assert by_both["files_read"] == DAYS + DEVICES


def test_a_small_table_stays_as_it_is(settings: Settings) -> None:
    with open_catalog(settings) as catalog:
        make(catalog, {})
        advice = advise(settings, catalog, "iot.readings", ["day = '2024-01-05'"])
        assert advice.best is None
        assert advice.commands == ()
        assert "leave it as it is" in advice.told
        assert advise(settings, catalog, "iot.readings").source == "typical"


def test_many_small_files_are_to_be_packed(settings: Settings) -> None:
    with open_catalog(settings) as catalog:
        table = make(catalog, {})
        for _ in range(4):
            table.append(readings().slice(0, 10))
        advice = advise(settings, catalog, "iot.readings", ["reading >= 0"])
        assert advice.files_read == 5
        assert advice.commands == ("lakehouse tables maintain iot.readings --full",)


def test_an_empty_table_and_odd_conditions(settings: Settings) -> None:
    with open_catalog(settings) as catalog:
        catalog.create_namespace("iot")
        catalog.create_table("iot.readings", SCHEMA)
        assert advise(settings, catalog, "iot.readings").best is None
        for wrong in ("nothing = 1", "day", "day = 'yesterday'", ""):
            with pytest.raises(QueryError) as error:
                advise(settings, catalog, "iot.readings", [wrong])
            assert error.value.hint
    for name in ("iot.none", "none", "a.b.c"):
        assert isinstance(run(settings, "catalog", "advise", name).exception, CatalogError)
