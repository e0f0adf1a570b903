"""The same order lines in every shape a source may have."""

import gzip
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from lakehouse.config import Settings
from tests.order_logs import HEADER, Lake, codes, order_lines, write_log
from tests.workbooks import write_workbook

LINES = [
    "536365,85123A,HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom",
    'C536379,D,"Discount, ""half""",-1,2010-12-01 09:41:00,27.5,14527.0,EIRE',
    "536414,22139,,56,2010-12-31 23:59:59,0.001,,CÔTE D'IVOIRE",
]
at = datetime.fromisoformat
EVENING = at("2010-12-31 23:59:59")  # naive, as Iceberg's timestamp
ROWS = [
    ("536365", "85123A", "HEART", 6, at("2010-12-01 08:26:00"), Decimal("2.5500"), "17850",
     "United Kingdom"),
    ("C536379", "D", 'Discount, "half"', -1, at("2010-12-01 09:41:00"), Decimal("27.5000"),
     "14527", "EIRE"),
    ("536414", "22139", None, 56, EVENING, Decimal("0.0010"), None, "CÔTE D'IVOIRE"),
]  # fmt: skip
SECONDLESS = [(*row[:4], row[4].replace(second=0), *row[5:]) for row in ROWS]
AMERICAN = [
    LINES[0].replace("2010-12-01 08:26:00", "12/1/2010 8:26").replace("17850.0", "17850"),
    LINES[1].replace("2010-12-01 09:41:00", "12/1/2010 9:41").replace("14527.0", "14527"),
    LINES[2].replace("2010-12-31 23:59:59", "12/31/2010 23:59"),
]


@pytest.fixture
def lake(settings: Settings) -> Lake:
    return Lake(settings)


def landed(lake: Lake) -> list[tuple[object, ...]]:
    assert lake.rejects() == []
    return [tuple(row.values())[:8] for row in lake.rows()]


def text(*lines: str, end: str = "\n") -> str:
    return end.join([HEADER, *lines, ""])


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (text(*LINES).encode(), ROWS),
        (text(*LINES).encode("utf-8-sig"), ROWS),
        (text(*LINES).encode("latin-1"), ROWS),
        (text(*LINES, end="\r\n").encode(), ROWS),
        (text(*LINES, end="\r\n").encode("latin-1").rstrip(), ROWS),
        (text(*LINES).rstrip().encode(), ROWS),
        (gzip.compress(text(*LINES).encode(), mtime=0), ROWS),
        (gzip.compress(text(*LINES).encode("latin-1"), mtime=0), ROWS),
        (text(*AMERICAN).encode(), SECONDLESS),
        (text(*AMERICAN).encode("latin-1"), SECONDLESS),
    ],
)
def test_shapes_of_a_file(
    lake: Lake, tmp_path: Path, content: bytes, rows: list[tuple[object, ...]]
) -> None:
    source = tmp_path / "log"
    source.write_bytes(content)
    for block in (1, 1 << 20):
        lake.land(source, block)
    assert landed(lake) == rows


def test_an_invalid_line_in_a_utf_8_log_is_rejected_alone(lake: Lake, tmp_path: Path) -> None:
    source = tmp_path / "log.csv"
    lines = [line.encode() for line in (HEADER, *LINES)]
    lines.insert(2, LINES[2].encode("latin-1"))
    source.write_bytes(b"\n".join(lines))

    report = lake.land(source, block=1)

    assert report.rejected == {"invalid_utf8": 1}
    assert report.landed == 3
    (reject,) = lake.rejects()
    assert reject["source_line"] == 3
    assert reject["raw"].endswith(r",C\xd4TE D'IVOIRE")
    assert (reject["stream"], reject["record_id"], reject["ingest_seq"]) == ("orders", 2, 1)


def test_the_encoding_of_a_log_stays_when_it_grows(lake: Lake, tmp_path: Path) -> None:
    source = write_log(tmp_path / "log.csv", [])
    for _ in range(3):
        with source.open("ab") as stream:
            stream.write(LINES[2].encode("latin-1") + b"\n")
        lake.land(source)
    assert landed(lake) == [ROWS[2]] * 3


def test_files_of_a_folder_in_natural_order(lake: Lake, tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    write_log(folder / "orders-10.csv", order_lines(6, 7))
    write_log(folder / "orders-9.csv", order_lines(4, 5), end="")
    (folder / "orders-2.CSV.gz").write_bytes(gzip.compress(text(*order_lines(1, 3)).encode()))
    write_log(folder / "notes.txt", ["not a log by its name"])

    report = lake.land(folder)

    assert report.files == ("orders-2.CSV.gz", "orders-9.csv", "orders-10.csv")
    assert report.deliveries == 1
    assert lake.codes() == codes(1, 7)
    assert [line for _, line in lake.lines()] == [2, 3, 4, 2, 3, 2, 3]


@pytest.mark.parametrize("delivery", [1, 1 << 20])
def test_a_workbook_of_two_sheets(lake: Lake, tmp_path: Path, delivery: int) -> None:
    """As the UCI's online_retail_II.xlsx: numbers and dates as Excel stores them."""
    header = ["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price",
              "Customer ID", "Country"]  # fmt: skip
    first = [
        536365,
        "85123A",
        "HEART",
        6,
        at("2010-12-01 08:26:00"),
        2.55,
        17850,
        "United Kingdom",
    ]
    second = [
        "C536379",
        "D",
        'Discount, "half"',
        -1.0,
        at("2010-12-01 09:41:00"),
        27.5,
        14527.0,
        "EIRE",
    ]
    third = [
        "536414",
        22139,
        None,
        56,
        at("2010-12-31 23:59:59"),
        0.001,
        None,
        "CÔTE D'IVOIRE",
    ]
    source = write_workbook(
        tmp_path / "retail.xlsx",
        {"Year 2009-2010": [header, first, second], "None": [], "Year 2010-2011": [header, third]},
    )

    report = lake.land(source, block=1, delivery=delivery)

    assert (report.files, report.deliveries) == (("retail.xlsx",), 1)
    assert landed(lake) == ROWS
    assert lake.lines() == [
        ("retail.xlsx#Year 2009-2010", 2),
        ("retail.xlsx#Year 2009-2010", 3),
        ("retail.xlsx#Year 2010-2011", 2),
    ]
    assert lake.land(source).skipped == ("retail.xlsx",)
    again = write_workbook(tmp_path / "saved again.xlsx", {"A": [header, first, second]})
    assert lake.land(again).lines == 0


def test_line_breaks_within_a_cell(lake: Lake, tmp_path: Path) -> None:
    row = ["1", "P1", "TWO\r\n  LINES", 6, at("2010-12-01"), 2, 17850, "UK"]
    lake.land(write_workbook(tmp_path / "a.xlsx", {"A": [HEADER.split(","), row]}))
    assert [row["description"] for row in lake.rows()] == ["TWO LINES"]


def test_a_home_with_an_awkward_name(tmp_path: Path) -> None:
    from lakehouse.config import load_settings

    folder = tmp_path / 'a home\'s 100% #1 "ö" ?x=1'
    folder.mkdir()
    lake = Lake(load_settings(folder=folder, environment={}))
    lake.land(write_log(folder / "my log #1 50%.csv", ["bad", *order_lines(1, 3)]))
    assert lake.codes() == codes(1, 3)
    assert lake.lines()[0] == ("my log #1 50%.csv", 2)
