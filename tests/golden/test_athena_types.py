"""Every hard type of Athena's dialect through every format.

`result.csv` holds Athena's text, `result.ndjson` the values; both were checked by hand, cell by
cell, against docs/sql.md and Java's own Double.toString.
"""

import csv
import io
import math
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lakehouse.athena.results import printed, readable
from lakehouse.athena.session import AthenaSession, open_athena
from lakehouse.config import load_settings
from lakehouse.query import open_session
from lakehouse.query.boxes import Screen, write_table
from lakehouse.query.formats import WRITERS

FOLDER = Path(__file__).parent / "athena_types"
QUERY = (FOLDER / "query.sql").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AthenaSession]:
    settings = load_settings(folder=tmp_path_factory.mktemp("types"), environment={})
    with open_session(settings, write=True) as writing:
        writing.run("create schema core")
    with open_athena(settings) as session:
        yield session


def written(session: AthenaSession, style: str) -> bytes:
    file = io.BytesIO()
    result, types = session.run(QUERY)
    if style == "txt":
        write_table(printed(result, types), file, Screen())
    else:
        WRITERS[style]((printed if style == "csv" else readable)(result, types), file)
    return file.getvalue()


@pytest.mark.parametrize("style", ["csv", "ndjson"])
def test_text_is_exact_to_the_byte(session: AthenaSession, style: str) -> None:
    assert written(session, style) == (FOLDER / f"result.{style}").read_bytes()


def test_json_is_an_array_of_the_same_objects(session: AthenaSession) -> None:
    lines = (FOLDER / "result.ndjson").read_bytes()
    assert written(session, "json") == b"[\n" + lines + b"]\n"


def test_a_table_shows_the_same_text(session: AthenaSession) -> None:
    _, cells = csv.reader(io.StringIO((FOLDER / "result.csv").read_text(encoding="utf-8")))
    shown = written(session, "txt").decode()
    for cell in cells:
        assert cell.replace("\n", "\\n") in shown


# What Parquet holds, as PyArrow reads it.
STORED = {
    "i": 1,
    "tiny": -128,
    "dec": Decimal("1.10"),
    "dec, wide": Decimal("-12345678901234567890.0123456789"),
    "ninf": -math.inf,
    "small": 1e-7,
    "empty": "",
    "missing": None,
    "lines": "x\ny☃",
    "fixed": "ab  ",
    "bytes": b"\x00\xffz",
    "d": date(2011, 12, 9),
    "clock": time(12, 50),
    "at6": datetime.fromisoformat("2011-12-09 12:50:00.123456"),
    "tokyo": "2011-12-09 12:50:00.000 Asia/Tokyo",
    "days": "-1 02:03:04.005",
    "months": "3-5",
    "id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    "xs": [1, None],
    "nested": [[Decimal("1.10")], [], None],
    "m": [("k", 1.5), ("", None)],
    "r": {"a": 1, "b c": None, "e": ""},
    "deep": [{"m": [(1, date(2011, 12, 9))]}],
    "blobs": [b"\x00\xff"],
}


def test_parquet_holds_the_values(session: AthenaSession) -> None:
    table = pq.read_table(io.BytesIO(written(session, "parquet")))
    assert {name: table[name].to_pylist()[0] for name in STORED} == STORED
    assert math.isnan(table["nan"].to_pylist()[0])
    assert math.copysign(1, table["negzero"].to_pylist()[0]) == -1
