"""Every type through every format.

The expected files are written by hand from the rules in lakehouse/query/values.py.
"""

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime, time
from decimal import Decimal
from math import inf, isnan
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lakehouse.errors import QueryError
from lakehouse.query import Session
from lakehouse.query.boxes import Screen, write_table
from lakehouse.query.formats import WRITERS
from lakehouse.query.interruption import Interruptible
from lakehouse.query.worker import Opening, Worker

FOLDER = Path(__file__).parent / "hard_types"
QUERY = (FOLDER / "query.sql").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    opening = Opening("2GiB", 2, str(tmp_path_factory.mktemp("hard") / "spill"), "1GiB")
    with ThreadPoolExecutor(1) as thread, closing(Worker(opening)) as worker:
        yield Session(worker, Interruptible(worker, thread))


def written(session: Session, style: str) -> bytes:
    file = io.BytesIO()
    result = session.run(QUERY)
    if style == "txt":
        write_table(result, file, Screen())
    else:
        WRITERS[style](result, file)
    return file.getvalue()


@pytest.mark.parametrize("style", ["csv", "json", "ndjson", "txt"])
def test_text_is_exact_to_the_byte(session: Session, style: str) -> None:
    assert written(session, style) == (FOLDER / f"result.{style}").read_bytes()


# What Parquet holds, as PyArrow reads it: the type, then the value of the first and the second
# row; the fourth row is NULL in every column but the first.
STORED: dict[str, tuple[pa.DataType, object, object]] = {
    "row": (pa.int32(), 1, 2),
    "bool": (pa.bool_(), True, False),
    "tiny": (pa.int8(), -128, 127),
    "dec, wide": (
        pa.decimal128(38, 10),
        Decimal("12345678901234567890.0123456789"),
        Decimal("-1e-10"),
    ),
    "dec": (pa.decimal128(4, 2), Decimal("1.10"), Decimal("-0.05")),
    "double": (pa.float64(), 1e300, -inf),
    "text": (pa.large_string(), "plain", 'a "b", c\r\n☃'),
    "blob": (pa.large_binary(), b"\x00\xffz", b""),
    "time": (pa.time64("us"), time(23, 59, 59, 500_000), time(0)),
    "tstz": (
        pa.timestamp("us", "UTC"),
        datetime(2011, 12, 9, 10, 50, 0, 250_000, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ),
    "timetz": (pa.large_string(), "12:30:00+02:30", "00:00:00-15:59:59"),
    "span": (pa.large_string(), "1 year 2 months 3 days 04:05:06.000007", "-00:00:01"),
    "uuid": (pa.large_string(), "6ba7b810-9dad-11d1-80b4-00c04fd430c8", str(UUID(int=0))),
    "mood": (pa.large_string(), "sad", "happy"),
    "bits": (pa.large_string(), "0101", "1"),
    "list": (pa.large_list(pa.field("element", pa.decimal128(4, 2))), [Decimal("1.10"), None], []),
    "arr": (pa.list_(pa.field("element", pa.int32()), 2), [1, 2], [None, -1]),
    "struct": (
        pa.struct([("a", pa.int32()), ("b", pa.large_string())]),
        {"a": 1, "b": "x"},
        {"a": None, "b": 'it\'s, "so"'},
    ),
    "tuple": (
        pa.struct([("field1", pa.int32()), ("field2", pa.large_string())]),
        {"field1": 1, "field2": "x"},
        {"field1": None, "field2": ""},
    ),
    "map": (pa.map_(pa.large_string(), pa.decimal128(2, 1)), [("k", Decimal("1.5"))], []),
    "either": (pa.large_string(), "2", "a,b"),
}  # fmt: skip


@pytest.fixture
def stored(session: Session) -> pa.Table:
    # 2**127 - 1 is no decimal of 38 digits.
    query = QUERY.replace("170141183460469231731687303715884105727", "9" * 38)
    file = io.BytesIO()
    WRITERS["parquet"](session.run(query), file)
    return pq.read_table(file)


@pytest.mark.parametrize("name", STORED)
def test_parquet_holds_types_and_values(stored: pa.Table, name: str) -> None:
    kind, first, second = STORED[name]
    column = stored[name]
    assert column.type == kind
    assert column.to_pylist()[:2] == [first, second]
    assert column.to_pylist()[3] == (4 if name == "row" else None)


def test_parquet_holds_what_python_has_no_value_for(stored: pa.Table) -> None:
    assert stored["huge"].type == pa.decimal128(38, 0)
    assert stored["huge"].to_pylist() == [Decimal("9" * 38), Decimal(-1), None, None]
    assert stored["real"].to_pylist()[0] == pytest.approx(0.1, rel=1e-7)
    assert isnan(stored["real"].to_pylist()[1])
    assert stored["real"].to_pylist()[2] == inf
    # 1 Jan 1970 plus the smallest and the largest number are DuckDB's infinities.
    assert stored["date"].cast(pa.int32()).to_pylist()[:2] == [15_317, 1 - 2**31]
    assert date.fromordinal(date(1970, 1, 1).toordinal() + 15_317) == date(2011, 12, 9)
    assert stored["ts"].cast(pa.int64()).to_pylist()[:2] == [1_323_435_000_000_000, 2**63 - 1]
    assert stored["ts_ns"].cast(pa.int64()).to_pylist()[0] == 1_323_435_000_123_456_789
    assert stored["json"].cast(pa.large_string()).to_pylist()[0] == '{"a": [1.10, null]}'


def test_a_number_too_long_for_parquet_is_refused(session: Session) -> None:
    with pytest.raises(QueryError, match="can't be written"):
        written(session, "parquet")
