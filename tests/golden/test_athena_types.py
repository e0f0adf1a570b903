"""Every hard type of Athena's dialect through every format, held against `athena_forms`."""

import csv
import io
import json
import math
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from lakehouse.athena.results import printed, readable
from lakehouse.athena.session import AthenaSession, open_athena
from lakehouse.config import load_settings
from lakehouse.query import open_session
from lakehouse.query.boxes import Screen, write_table
from lakehouse.query.formats import WRITERS
from tests.golden import athena_forms

FORMS = athena_forms.forms()
_NAMED = (f'{form.sql} AS "{form.name.replace(chr(34), chr(34) * 2)}"' for form in FORMS)
QUERY = f"SELECT {', '.join(_NAMED)}"


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


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        # Examples of Java's documentation of Double.toString, and of what it changes its look at.
        (0.001, "0.001"), (0.00099, "9.9E-4"), (9999999.0, "9999999.0"), (1e7, "1.0E7"),
        (100.0, "100.0"), (123456.789, "123456.789"), (1.5e300, "1.5E300"), (-0.0, "-0.0"),
    ],
)  # fmt: skip
def test_the_formatter_of_the_tests_is_java_s(value: float, shown: str) -> None:
    assert athena_forms.java(value) == shown


def test_csv_is_exact_to_the_byte(session: AthenaSession) -> None:
    assert written(session, "csv") == athena_forms.csv(FORMS)


def test_json_holds_the_values(session: AthenaSession) -> None:
    lines = written(session, "ndjson")
    assert lines.count(b"\n") == 1
    (found,) = (json.loads(line, parse_float=Decimal, parse_int=Decimal) for line in [lines])
    expected = {form.name: athena_forms.as_json(form.value, form.kind) for form in FORMS}
    # A moment in UTC is the engine's own: it says less than Athena's text of the others.
    expected["utc"] = "2011-12-09 12:50:00.5+00"
    assert found == expected
    assert written(session, "json") == b"[\n" + lines + b"]\n"


def test_decimals_keep_their_digits_in_json(session: AthenaSession) -> None:
    lines = written(session, "ndjson").decode()
    assert '"dec 0":1.10,' in lines
    assert '"dec 2":0.5,' in lines
    assert '"fractions":[0.50,-0.25]' in lines


def test_a_table_shows_the_same_text(session: AthenaSession) -> None:
    _, cells = csv.reader(io.StringIO(athena_forms.csv(FORMS).decode()))
    shown = written(session, "txt").decode()
    for cell in cells:
        assert cell.replace("\n", "\\n") in shown


# What Parquet holds, as PyArrow reads it.
STORED = {
    "i": 1,
    "tiny": -128,
    "dec 0": Decimal("1.10"),
    "dec 1": Decimal("-12345678901234567890.0123456789"),
    "double 2": -math.inf,
    "double 4": 1e-7,
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
    assert math.isnan(table["double 0"].to_pylist()[0])
    assert math.copysign(1, table["double 3"].to_pylist()[0]) == -1
