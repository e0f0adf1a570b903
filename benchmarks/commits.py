"""What a delivery costs after thousands of them: the last hundred against the first hundred.

A follower reads two new lines, one of them bad, and commits rows, rejects and bookmarks with
every sync; the ledger's entry counts too. 300 deliveries, or (`--full`) 2,000.
"""

import sys
import tempfile
import time
from pathlib import Path
from statistics import mean
from threading import Event

from ingest.buffering import BufferingHints
from ingest.following import Follower
from ingest.landing import Landing, LandingReport
from ingest.opening import open_stream
from lakehouse.catalog import open_catalog
from lakehouse.config import load_settings
from lakehouse.errors import PausedError, SourceError
from lakehouse.stream_settings import ORDERS

SHORT, FULL, AT_ONCE = 300, 2_000, 100
HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
LINES = "536365,P{n},THING,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\nno order line\n"


class Watcher:
    """Counts, and lets nothing pass in silence."""

    deliveries = 0

    def delivered(self, report: LandingReport) -> None:
        self.deliveries = report.deliveries

    def paused(self, error: PausedError) -> None:
        raise error

    def refused(self, error: SourceError) -> None:
        raise error


def deliveries(folder: Path, count: int) -> list[float]:
    """The CPU seconds of each of so many deliveries from one log that grows."""
    log = folder / "orders.csv"
    log.write_text(HEADER)
    watcher, seconds = Watcher(), []
    settings = load_settings(folder=folder, environment={})
    with open_catalog(settings) as catalog:
        landing = Landing(open_stream(ORDERS, settings, catalog), BufferingHints(interval=0))
        follower = Follower(landing, [folder], watcher)
        for n in range(count):
            with log.open("a") as file:
                file.write(LINES.format(n=n))
            started = time.process_time()
            follower.poll(Event())
            seconds.append(time.process_time() - started)
    if watcher.deliveries != count:
        sys.exit(f"{watcher.deliveries} deliveries instead of {count}")
    return seconds


def main() -> None:
    count = FULL if "--full" in sys.argv else SHORT
    with tempfile.TemporaryDirectory() as folder:
        seconds = deliveries(Path(folder), count)
    means = [mean(seconds[n : n + AT_ONCE]) for n in range(0, count, AT_ONCE)]
    told = " ".join(f"{1000 * each:.0f}" for each in means)
    print(f"{count:,} deliveries; CPU milliseconds a delivery, by the hundred: {told}")
    print(f"last hundred / first hundred: {means[-1] / means[0]:.2f} (wanted: below 1.5)")


if __name__ == "__main__":
    main()
