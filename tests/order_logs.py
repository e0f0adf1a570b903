"""Small order logs, and what has been landed of them."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyiceberg.catalog import Catalog
from pyiceberg.catalog.sql import SqlCatalog

from ingest.buffering import BufferingHints
from ingest.landing import Landing, LandingReport, OpenStream
from ingest.opening import open_stream
from ingest.sources import read_sources
from ingest.streams import stream_lock
from lakehouse.catalog import open_catalog
from lakehouse.catalog.opening import FILE_NAME
from lakehouse.config import Settings
from lakehouse.stream_settings import ORDERS

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
BAD = "this is no order line"


def order_line(n: int, date: str = "2010-12-01 08:26:00") -> str:
    """A good line; no two have the same stock code."""
    return f"536365,P{n},THING {n},6,{date},2.55,17850.0,United Kingdom"


def order_lines(first: int, last: int) -> list[str]:
    """Good lines, `first` to `last`."""
    return [order_line(n) for n in range(first, last + 1)]


def write_log(file: Path, lines: Iterable[str], end: str = "\n") -> Path:
    """A log with a header; `end` ends its last line."""
    file.write_text("\n".join([HEADER, *lines]) + end, encoding="utf-8")
    return file


@dataclass(frozen=True)
class Lake:
    """A home, and shorthand for what the tests ask of it."""

    settings: Settings
    generic: bool = False  # PyIceberg's own catalog, which commits one table at a time

    @property
    def catalog(self) -> Catalog:
        catalog = open_catalog(self.settings)
        if not self.generic:
            return catalog
        uri = f"sqlite:///{self.settings.home}/{FILE_NAME}"
        return SqlCatalog(catalog.name, uri=uri, warehouse=catalog.properties["warehouse"])

    def land(self, source: Path, block: int = 1 << 20, delivery: int = 1 << 20) -> LandingReport:
        """Land with small buffers, without the lock."""
        landing = Landing(self.orders(), BufferingHints(block, delivery))
        land_files(landing, source)
        return landing.report(0.0)

    def orders(self, reached: Callable[[str], None] = lambda _: None) -> OpenStream:
        """The stream of order logs."""
        return open_stream(ORDERS, self.settings, self.catalog, reached)

    def lock(self) -> AbstractContextManager[None]:
        """That of the stream."""
        return stream_lock(ORDERS, self.settings)

    def rows(self) -> list[dict[str, Any]]:
        """The landed rows, in the order of their record ids."""
        return self._read("landing.order_lines")

    def rejects(self) -> list[dict[str, Any]]:
        """The rejected lines, in the order of their record ids."""
        return self._read("landing.rejects")

    def codes(self) -> list[str]:
        """The stock codes of the landed rows, in the order of their record ids."""
        return [row["stock_code"] for row in self.rows()]

    def lines(self) -> list[tuple[str, int]]:
        """The file and line of every line, landed or rejected, in the order of record ids.

        Checks that the record ids are 1, 2, 3 and so on.
        """
        every = sorted(self.rows() + self.rejects(), key=lambda row: row["record_id"])
        assert [row["record_id"] for row in every] == list(range(1, len(every) + 1))
        return [(row["source_file"], row["source_line"]) for row in every]

    def data_files(self) -> int:
        """Parquet files in the warehouse, whether a table knows them or not."""
        return len(list(self.settings.warehouse.rglob("*.parquet")))

    def _read(self, table: str) -> list[dict[str, Any]]:
        if not self.catalog.table_exists(table):
            return []
        rows: list[dict[str, Any]] = self.catalog.load_table(table).scan().to_arrow().to_pylist()
        return sorted(rows, key=lambda row: row["record_id"])


def land_files(landing: Landing, source: Path) -> None:
    """Deliver what is new in the order logs of a file or folder."""
    landing.land_files(read_sources([source], landing.format.suffixes))


def codes(first: int, last: int) -> list[str]:
    """The stock codes of `order_lines(first, last)`."""
    return [f"P{n}" for n in range(first, last + 1)]
