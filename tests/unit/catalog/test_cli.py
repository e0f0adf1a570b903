"""`lakehouse catalog`, as a person runs it."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pytest
import requests
from click.testing import CliRunner

from lakehouse.catalog import open_catalog
from lakehouse.cli.root import _exit_code, lakehouse
from lakehouse.config import Settings
from lakehouse.errors import CatalogError


@pytest.fixture
def shop(settings: Settings) -> Settings:
    with open_catalog(settings) as catalog:
        catalog.create_namespace("shop")
        table = catalog.create_table("shop.sales", pa.schema({"id": pa.int64()}))
        table.append(pa.table({"id": list(range(1234))}))
        catalog.create_table("shop.empty", pa.schema({"id": pa.int64()}))
    return settings


def run(settings: Settings, *arguments: str) -> str:
    result = CliRunner().invoke(lakehouse, ["--home", str(settings.home), *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_tables_are_listed(shop: Settings) -> None:
    lines = [line.split() for line in run(shop, "catalog", "tables").splitlines()]
    size = sum(file.stat().st_size for file in shop.warehouse.rglob("*.parquet"))
    assert lines == [
        ["table", "kind", "rows", "files", "bytes", "snapshots"],
        ["shop.empty", "iceberg", "0", "0", "0", "0"],
        ["shop.sales", "iceberg", "1,234", "1", f"{size:,}", "1"],
    ]


def test_tables_are_listed_as_json(shop: Settings) -> None:
    empty, sales = json.loads(run(shop, "catalog", "tables", "--json"))
    assert empty | {"bytes": 0} == {
        "kind": "iceberg",
        "namespace": "shop",
        "table": "empty",
        "rows": 0,
        "files": 0,
        "bytes": 0,
        "snapshots": 0,
    }
    assert (sales["table"], sales["rows"], sales["files"]) == ("sales", 1234, 1)


DAMAGES = {
    "cut off": lambda file: file.write_bytes(file.read_bytes()[:100]),
    "empty": lambda file: file.write_bytes(b""),
    "overwritten": lambda file: file.write_bytes(b"\xff" * 3000),
    "gone": Path.unlink,
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", ["*.metadata.json", "snap-*.avro", "*-m0.avro"])
def test_a_damaged_table_is_told_beside_the_others_and_can_be_dropped(
    shop: Settings, kind: str, damage: str
) -> None:
    for file in (shop.warehouse / "shop/sales/metadata").glob(kind):
        DAMAGES[damage](file)

    def fails(*arguments: str) -> str:
        result = CliRunner().invoke(lakehouse, ["--home", str(shop.home), *arguments])
        assert isinstance(result.exception, CatalogError)
        assert "a file of shop.sales is" in result.exception.message
        assert "--keep-files" in result.exception.hint
        return result.stdout

    empty, sales = json.loads(fails("catalog", "tables", "--json"))
    assert (empty["table"], empty["rows"], sales["table"], sales["rows"]) == (
        "empty", 0, "sales", None,
    )  # fmt: skip
    for command in ("show", "partitions"):
        fails("catalog", command, "shop.sales")
    fails("tables", "maintain", "--full")
    fails("catalog", "drop", "shop.sales", "--dry-run")
    fails("catalog", "drop", "shop.sales", "--yes")
    run(shop, "catalog", "drop", "shop.sales", "--keep-files", "--yes")
    assert [each["table"] for each in json.loads(run(shop, "catalog", "tables", "--json"))] == [
        "empty"
    ]


def test_no_tables_are_no_data(settings: Settings) -> None:
    open_catalog(settings).close()
    assert run(settings, "catalog", "tables") == ""
    assert json.loads(run(settings, "catalog", "tables", "--json")) == []


@pytest.mark.parametrize(
    "arguments",
    [("catalog", "tables"), ("sql", "select 1"), ("ml", "runs"), ("ml", "recommend")],
)
def test_a_home_that_is_none_is_told_and_not_made(
    tmp_path: Path, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _exit_code(["--home", str(tmp_path / "typo"), *arguments]) == 4
    told = capsys.readouterr()
    assert told.out == ""
    assert f"error: there is no lakehouse in {tmp_path / 'typo'}\n" in told.err
    assert "hint: check --home, or run `lakehouse build` first" in told.err
    assert list(tmp_path.iterdir()) == []


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "lakehouse", "catalog", "serve", "--port", "0", *arguments]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_service_runs_until_it_is_stopped(tmp_path: Path, number: signal.Signals) -> None:
    with serving(tmp_path, "--json") as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        headers = {"Authorization": f"Bearer {told['token']}"}
        assert requests.get(f"{told['uri']}/v1/config", headers=headers, timeout=30).ok
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
        assert (process.returncode, out, err) == (0, "", "stopped\n")


def test_the_service_tells_how_to_reach_it(tmp_path: Path) -> None:
    with serving(tmp_path, "--token", "chosen") as process:
        assert process.stdout is not None
        uri = process.stdout.readline().split()[1]
        assert process.stdout.readline().split() == ["token", "chosen"]
        process.terminate()
        _, err = process.communicate(timeout=30)
        assert f"ENDPOINT '{uri}', TOKEN 'chosen'" in err
        assert f'uri="{uri}", token="chosen"' in err
