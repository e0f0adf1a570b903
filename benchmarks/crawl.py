"""A crawl of 2,000 files, against listing them and reading the samples.

The bar: within 2x of a listing of the folders and a plain reading of the same samples: their bytes,
decompressed, and cut into records by the standard readers of CSV and JSON (of Parquet: the
footer). That is what anybody does to look into the files; the crawl infers types, groups files into
tables, and writes the catalog, its state and ops.crawls besides. A second crawl, of files that have
not changed, reads nothing, and is measured against the first and the bare listing.
"""

import csv
import gzip
import json
import os
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet
from pydantic import ByteSize

from benchmarks.rounds import Contender, interleaved, judge_at_most
from lakehouse.catalog import open_catalog
from lakehouse.config import load_settings
from lakehouse.crawler import Crawl, CrawlReport, crawl
from lakehouse.crawler_settings import CrawlerSettings
from lakehouse.progress import SILENT

FILES, LINES, FOLDERS = 2000, 300, 5
SAMPLE = 256 << 10


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw"
        _write(raw)
        contenders: dict[str, Contender] = {
            "crawl": lambda home: _crawling(home, raw),
            "samples": lambda _: _reading(raw, records=True),
            "bytes": lambda _: _reading(raw, records=False),
            "again": lambda home: _crawling(home, raw, again=True),
            "listing": lambda _: _listing(raw),
        }
        median = interleaved(contenders, rounds=3)
    first, again = median["crawl"].wall, median["again"].wall
    judge_at_most("crawl, of listing and reading the samples", first / median["samples"].wall, 2)
    cpu = median["crawl"].cpu / median["samples"].cpu
    print(f"  the same by core-seconds: {cpu:.2f}x")
    print(f"  of listing and the bare bytes: {first / median['bytes'].wall:.2f}x")
    print(f"  nothing changed: {again / first:.3f} of the first, {again * 1000:,.0f} ms")
    print(f"  and of a bare listing: {again / median['listing'].wall:.2f}x")


@contextmanager
def _crawling(home: Path, raw: Path, *, again: bool = False) -> Iterator[object]:
    settings = load_settings(folder=home, environment={}, flags={"external.folders": [str(raw)]})
    told = CrawlerSettings(path=raw, sample_bytes=ByteSize(SAMPLE), sample_files=FILES)
    with open_catalog(settings) as catalog:

        def run() -> CrawlReport:
            return crawl(Crawl("bench", told), catalog, settings, SILENT, _now)

        if again:
            run()
        yield lambda: _checked(run(), 0 if again else FILES)


def _checked(report: CrawlReport, read: int) -> None:
    assert report.files_read == read, report
    assert len(report.tables) == 4, report.tables


@contextmanager
def _reading(raw: Path, *, records: bool) -> Iterator[object]:
    def run() -> None:
        for file in _files(raw):
            with file.open("rb", buffering=0) as stream:
                data = stream.read(SAMPLE)
            if records:
                _records(file, data)

    yield run


def _records(file: Path, data: bytes) -> None:
    if file.suffix == ".parquet":
        parquet.read_schema(file)
        return
    text = (gzip.decompress(data) if file.suffix == ".gz" else data).decode()
    if file.suffix == ".json":
        list(map(json.loads, text.splitlines()))
    else:
        list(csv.reader(text.splitlines()))


@contextmanager
def _listing(raw: Path) -> Iterator[object]:
    yield lambda: _files(raw)


def _files(raw: Path) -> list[Path]:
    found = [Path(parent, name) for parent, _, names in os.walk(raw) for name in names]
    for file in found:
        file.stat()
    return found


def _write(raw: Path) -> None:
    draw = random.Random(7)
    for number in range(FILES):
        kind = ("orders", "events", "packed", "facts")[number % 4]
        day = f"day=2026-01-{number // 4 % FOLDERS + 1:02}"
        folder = raw / kind / day
        folder.mkdir(parents=True, exist_ok=True)
        rows = [
            {
                "id": number * LINES + line,
                "item": draw.choice(("mug", "lamp", "clock")),
                "quantity": draw.randrange(1, 100),
                "price": draw.randrange(100, 10_000) / 100,
                "sold_on": f"2026-01-{draw.randrange(1, 29):02}",
                "country": draw.choice(("France", "Spain", "Eire")),
                "note": f"line {line} of the file",
            }
            for line in range(LINES)
        ]
        _put(folder / str(number), kind, rows)


def _put(file: Path, kind: str, rows: list[dict[str, object]]) -> None:
    lines = [",".join(map(str, row.values())) for row in rows]
    text = "\n".join([",".join(rows[0]), *lines, ""])
    if kind == "orders":
        file.with_suffix(".csv").write_text(text)
    elif kind == "packed":
        file.with_suffix(".csv.gz").write_bytes(gzip.compress(text.encode(), 5))
    elif kind == "events":
        file.with_suffix(".json").write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        parquet.write_table(pa.Table.from_pylist(rows), file.with_suffix(".parquet"))


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
