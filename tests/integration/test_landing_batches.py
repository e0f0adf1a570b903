"""Any batching of a log lands the same table."""

import gzip
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from lakehouse.config import load_settings
from tests.order_logs import HEADER, Lake
from tests.reference_parser import GOOD, LINES, changed, reference

MONTHS = st.sampled_from(["2010-12-01 08:26:00", "2011-01-31 23:59:59", "2011-12-09 12:50:00"])
MOSTLY_GOOD = st.one_of(LINES, MONTHS.map(lambda date: changed(invoice_date=date).encode()))


@settings(max_examples=25)
@given(
    lines=st.lists(MOSTLY_GOOD, min_size=1, max_size=40),
    runs=st.lists(st.integers(0, 40), max_size=2).map(sorted),
    block=st.integers(1, 400),
    delivery=st.integers(1, 2000),
    compressed=st.booleans(),
)
def test_any_batching_lands_the_same(
    lines: list[bytes], runs: list[int], block: int, delivery: int, compressed: bool
) -> None:
    # A good line at the end keeps the last run from having nothing to land.
    lines = [*lines, GOOD.encode()]
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(load_settings(folder=Path(folder), environment={}))
        log = Path(folder, "orders.log")
        for end in (*runs, len(lines)):
            if lines[:end]:
                text = b"\n".join([HEADER.encode(), *lines[:end], b""])
                log.write_bytes(gzip.compress(text) if compressed else text)
                lake.land(log, block, delivery)
        landed = lake.rows()
        rejected = lake.rejects()

    expected = [reference(line.removesuffix(b"\r")) for line in lines]
    assert [row["record_id"] for row in landed] == [n for n, row in enumerate(expected, 1) if row]
    assert [row["record_id"] for row in rejected] == [
        n for n, row in enumerate(expected, 1) if not row
    ]
    assert all(row["source_line"] == row["record_id"] + 1 for row in landed + rejected)
    columns = {"record_id", "source_line", "source_file", "ingest_seq"}
    assert [{k: v for k, v in row.items() if k not in columns} for row in landed] == [
        row for row in expected if row
    ]
