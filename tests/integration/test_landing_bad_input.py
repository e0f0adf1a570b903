"""Sources that can't be landed: a clear error with a hint, and nothing half-landed."""

import gzip
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from ingest import land_orders
from lakehouse.config import Settings, load_settings
from lakehouse.errors import LakehouseError, MachineError, SourceError
from tests.order_logs import BAD, HEADER, Lake, codes, order_line, order_lines, write_log
from tests.workbooks import write_workbook


@pytest.fixture
def lake(settings: Settings) -> Lake:
    return Lake(settings)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    return folder


def refused(lake: Lake, source: Path) -> LakehouseError:
    with pytest.raises(LakehouseError) as error:
        land_orders(source, lake.catalog, lake.settings)
    assert error.value.hint
    assert lake.rows() == lake.rejects() == []
    assert lake.data_files() == 0
    return error.value


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (HEADER.encode() + b"\n", "a header and no lines"),
        (HEADER.encode(), "a header and no lines"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(99), "not a CSV file"),
        (b"\x7fELF\x02\x01\x01" + bytes(99), "not a CSV file"),
        (b"\n" + HEADER.encode() + b"\n", "no InvoiceNo"),
        (HEADER.replace("Quantity", "Qty").encode() + b"\n1,2\n", "no Quantity"),
        (b'{"InvoiceNo": "536365"}\n', "no StockCode"),
        (HEADER.encode("utf-16"), "UTF-16"),
        (b"BZh91AY&SY", "bzip2"),
        (b"PAR1\0\0", "Parquet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"),
        (b"PK\x03\x04" + bytes(40), "no workbook"),
        (b"\x1f\x8b" + bytes(40), "damaged gzip"),
        (b"\x1f\x8b", "damaged gzip"),
        (gzip.compress(b"", mtime=0), "no InvoiceNo"),
        (gzip.compress(b"hello\n", mtime=0), "no InvoiceNo"),
    ],
)
def test_a_file_that_is_no_order_log(
    lake: Lake, tmp_path: Path, content: bytes, message: str
) -> None:
    source = tmp_path / "orders.csv"
    source.write_bytes(content)
    error = refused(lake, source)
    assert isinstance(error, SourceError)
    assert message in error.message
    assert "orders.csv" in error.message


def test_a_missing_file(lake: Lake, tmp_path: Path) -> None:
    error = refused(lake, tmp_path / "nowhere.csv")
    assert isinstance(error, SourceError)
    assert "nowhere.csv" in error.message


def test_a_folder_without_logs(lake: Lake, folder: Path) -> None:
    (folder / "notes.txt").write_text("hello")
    (folder / ".hidden.csv").write_text("hello")
    (folder / "~$orders.xlsx").write_text("hello")
    (folder / "empty.csv").touch()
    error = refused(lake, folder)
    assert isinstance(error, SourceError)
    assert ".csv.gz" in error.hint


def test_a_foreign_file_keeps_the_whole_folder_out(lake: Lake, folder: Path) -> None:
    write_log(folder / "a.csv", order_lines(1, 3))
    (folder / "b.csv").write_text("sku,price\n1,2\n")
    error = refused(lake, folder)
    assert "b.csv" in error.message


# --- damage that shows only after much of a file was read


def compressed(lines: list[str]) -> bytes:
    return gzip.compress("\n".join([HEADER, *lines, ""]).encode(), mtime=0)


def cut(data: bytes) -> bytes:
    return data[: len(data) * 3 // 4]


def flipped(data: bytes) -> bytes:
    middle = len(data) * 3 // 4
    return data[:middle] + bytes(8) + data[middle + 8 :]


def wrong_checksum(data: bytes) -> bytes:
    return data[:-8] + bytes([data[-8] ^ 1]) + data[-7:]


DAMAGES = [cut, flipped, wrong_checksum, lambda data: data + b"rubbish"]


@pytest.mark.parametrize("damage", DAMAGES, ids=["cut", "flipped", "checksum", "rubbish"])
@pytest.mark.parametrize("delivery", [500, 1 << 20])
def test_a_damaged_gzip_file_lands_nothing(lake: Lake, tmp_path: Path, damage, delivery) -> None:
    source = tmp_path / "orders.csv.gz"
    whole = compressed([*order_lines(1, 900), BAD])
    source.write_bytes(damage(whole))

    with pytest.raises(SourceError, match="damaged gzip") as error:
        lake.land(source, block=5_000, delivery=delivery)

    assert "gzip -dc" in error.value.hint
    assert lake.rows() == lake.rejects() == []
    assert lake.data_files() == 0

    source.write_bytes(whole)
    assert lake.land(source, block=5_000, delivery=delivery).landed == 900
    assert len(lake.lines()) == 901


@pytest.mark.parametrize("delivery", [500, 1 << 20])
def test_what_came_before_a_damaged_file_is_landed(lake: Lake, folder: Path, delivery: int) -> None:
    write_log(folder / "1.csv", order_lines(1, 20))
    (folder / "2.csv.gz").write_bytes(compressed(order_lines(21, 40)))
    (folder / "3.csv.gz").write_bytes(cut(compressed(order_lines(41, 3000))))
    write_log(folder / "4.csv", order_lines(3001, 3010))

    with pytest.raises(SourceError, match=r"3\.csv\.gz"):
        lake.land(folder, block=1_000, delivery=delivery)
    assert lake.codes() == codes(1, 40)

    (folder / "3.csv.gz").write_bytes(compressed(order_lines(41, 3000)))
    report = lake.land(folder, block=1_000, delivery=delivery)
    assert report.skipped == ("1.csv", "2.csv.gz")
    assert report.files == ("3.csv.gz", "4.csv")
    assert lake.codes() == codes(1, 3010)
    lake.lines()


def test_a_gzip_file_of_several_members(lake: Lake, tmp_path: Path) -> None:
    source = tmp_path / "orders.log"
    text = "\n".join([HEADER, *order_lines(1, 9), ""]).encode()
    source.write_bytes(gzip.compress(text[:300]) + gzip.compress(text[300:]))
    assert lake.land(source).landed == 9


# --- what the machine refuses


@pytest.fixture
def nobody() -> Iterator[Path]:
    """A folder of a user who is not root; the test runs as that user."""
    user, folder = os.geteuid(), Path(mkdtemp())
    if user == 0:
        os.chown(folder, 65534, 65534)
        os.seteuid(65534)
    yield folder
    os.seteuid(user)
    subprocess.run(["chmod", "-R", "u+rwx", folder], check=True)
    shutil.rmtree(folder)


def test_a_folder_that_must_not_be_read(nobody: Path) -> None:
    lake = Lake(load_settings(folder=nobody, environment={}))
    logs = nobody / "logs"
    logs.mkdir()
    write_log(logs / "a.csv", order_lines(1, 3))
    logs.chmod(0)
    error = refused(lake, logs)
    assert isinstance(error, MachineError)
    assert "logs" in error.message
    assert "mode" in error.hint


def test_a_file_that_must_not_be_read(nobody: Path) -> None:
    lake = Lake(load_settings(folder=nobody, environment={}))
    write_log(nobody / "a.csv", order_lines(1, 3)).chmod(0)
    error = refused(lake, nobody / "a.csv")
    assert isinstance(error, MachineError)
    assert "a.csv" in error.message


def test_a_warehouse_that_must_not_be_written(nobody: Path) -> None:
    lake = Lake(load_settings(folder=nobody, environment={}))
    log = write_log(nobody / "a.csv", order_lines(1, 3))
    lake.land(log)
    write_log(log, order_lines(1, 9))
    data = lake.settings.warehouse / "landing" / "order_lines" / "data"
    for folder in (data, *data.iterdir()):
        folder.chmod(0o555)

    with pytest.raises(MachineError, match="Permission denied") as error:
        land_orders(log, lake.catalog, lake.settings)

    assert "mode" in error.value.hint
    assert lake.codes() == codes(1, 3)
    for folder in (data, *data.iterdir()):
        folder.chmod(0o755)
    assert land_orders(log, lake.catalog, lake.settings).landed == 6


def test_a_source_that_is_a_folder_of_folders(lake: Lake, folder: Path) -> None:
    for name, n in (("2011/10", 3), ("2011/9", 2), ("2010/12", 1)):
        (folder / name).mkdir(parents=True)
        write_log(folder / name / "orders.csv", [order_line(n)])
    lake.land(folder)
    assert lake.codes() == codes(1, 3)
    assert [file for file, _ in lake.lines()] == [
        "2010/12/orders.csv",
        "2011/9/orders.csv",
        "2011/10/orders.csv",
    ]


# --- workbooks


def test_a_workbook_with_a_foreign_sheet_lands_nothing(lake: Lake, tmp_path: Path) -> None:
    line = order_line(1).split(",")
    sheets = {"Year 1": [HEADER.split(","), line], "Notes": [["hello"], ["world"]]}
    error = refused(lake, write_workbook(tmp_path / "orders.xlsx", sheets))
    assert "orders.xlsx#Notes" in error.message
