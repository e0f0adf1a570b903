"""A line as it stands in its log."""

import gzip
from pathlib import Path

import pytest

from ingest.originals import original_line
from lakehouse.config import load_settings
from lakehouse.stream_settings import StreamSettings

TEXT = "InvoiceNo,StockCode\r\n1,A\n2,caf\u00e9\n3,end"


def streams(tmp_path: Path) -> dict[str, StreamSettings]:
    """The streams of a home whose order logs lie in the folder `logs` (a name with signs)."""
    settings = load_settings(folder=tmp_path, environment={})
    orders = settings.streams["orders"].model_copy(update={"source": (tmp_path / "lo [g] s",)})
    return {"orders": orders}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "lo [g] s"
    (made / "below").mkdir(parents=True)
    return made


@pytest.mark.parametrize(
    ("line", "expected"),
    [(1, "InvoiceNo,StockCode"), (2, "1,A"), (3, "2,caf\u00e9"), (4, "3,end"), (5, None)],
)
@pytest.mark.parametrize("name", ["o.csv", "below/o.csv", "o.csv.gz"])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_line_is_found_by_its_number(
    folder: Path, name: str, line: int, expected: str | None, encoding: str
) -> None:
    text = TEXT.encode(encoding)
    (folder / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    assert original_line(streams(folder.parent), name, line) == expected


def test_a_log_that_is_gone_or_damaged_has_no_line(tmp_path: Path, folder: Path) -> None:
    assert original_line(streams(tmp_path), "o.csv", 1) is None
    (folder / "o.csv.gz").write_bytes(gzip.compress(TEXT.encode() * 1000)[:60])
    assert original_line(streams(tmp_path), "o.csv.gz", 900) is None
    (folder / "p.csv").write_bytes(b"PAR1....")
    assert original_line(streams(tmp_path), "p.csv", 1) is None
    assert original_line({}, "o.csv", 1) is None


def test_a_name_that_only_looks_alike_is_another_log(tmp_path: Path, folder: Path) -> None:
    (folder / "o.csv").write_text("x\n")
    assert original_line(streams(tmp_path), "../lo [g] s/o.csv", 1) is None
    assert original_line(streams(tmp_path), "o.csv#Sheet1", 1) is None
