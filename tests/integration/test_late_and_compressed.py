"""Records that come late, and gzip files that are appended to."""

import gzip
from pathlib import Path

from lakehouse.config import Settings
from tests.order_logs import HEADER, Lake, codes, order_line, write_log


def test_late_records_land_in_their_own_partition(settings: Settings, tmp_path: Path) -> None:
    lake = Lake(settings)
    log = write_log(tmp_path / "orders.csv", [order_line(1, "2011-03-01 00:00:00")])
    lake.land(log)
    with log.open("a") as file:
        file.write(order_line(2, "2010-12-31 23:59:59") + "\n")
        file.write(order_line(3, "2011-03-02 10:00:00") + "\n")
    lake.land(log)
    files = lake.catalog.load_table("landing.order_lines").inspect.files().to_pylist()
    months = sorted((row["partition"]["invoice_month"], row["record_count"]) for row in files)
    december, march = (2010 - 1970) * 12 + 11, (2011 - 1970) * 12 + 2
    assert months == [(december, 1), (march, 1), (march, 1)]
    assert lake.codes() == codes(1, 3)


def test_a_gzip_file_that_got_another_member_goes_on(settings: Settings, tmp_path: Path) -> None:
    lake = Lake(settings)
    log = tmp_path / "orders.csv.gz"
    lines = "\n".join([HEADER, *(order_line(n) for n in range(1, 101)), ""])
    log.write_bytes(gzip.compress(lines.encode()))
    assert lake.land(log).lines == 100
    with log.open("ab") as file:
        file.write(gzip.compress(f"{order_line(101)}\n{order_line(102)}\n".encode()))
    assert lake.land(log).lines == 2
    assert lake.land(log).lines == 0
    assert lake.codes() == codes(1, 102)
