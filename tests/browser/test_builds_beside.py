"""Builds run one after the other while a browser clicks through all pages: `make soak`.

Every build lands one order on a day of its own, by a customer of its own, of a product of its
own. So the day until which a page's data reaches tells how many of each there must be on it.
"""

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from apps.bi.pages import PAGES
from tests.apps import shop
from tests.browser.conftest import Visit, served

pytestmark = [pytest.mark.soak, pytest.mark.xdist_group("browser")]

SECONDS = 120
HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
# All of it read at one moment, when nothing is being drawn.
SEEN = """() => {
    const all = (css) => [...document.querySelectorAll(css)].map((one) => one.innerText);
    const app = document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]");
    const drawing = document.querySelector("[data-testid=stSkeleton], [data-stale=true]");
    return app && !drawing && {
        title: all("h1")[0],
        text: all("[data-testid=stMain]")[0],
        sentence: all(".st-key-answer")[0],
        figures: all("[data-testid=stMetricValue]"),
        errors: all("[data-testid=stException], [data-testid=stAlertContentError]"),
    };
}"""


class Builds(threading.Thread):
    """`lakehouse build` again and again, each time with one more order, until told to stop."""

    def __init__(self, home: Path, logs: Path) -> None:
        super().__init__(daemon=True)
        self._command = [sys.executable, "-m", "lakehouse", "--home", str(home), "build"]
        self._logs = logs
        self._stopping = threading.Event()
        self.done = 0
        self.failure = ""

    def build(self) -> None:
        """One build of all that the logs hold."""
        command = [*self._command, "--source", str(self._logs)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        if ended.returncode:
            self.failure = ended.stdout + ended.stderr

    def run(self) -> None:
        while not self._stopping.is_set() and not self.failure:
            self._write(self.done + 1)
            self.build()
            self.done += not self.failure

    def stop(self) -> None:
        """Let the build that runs end, and none begin."""
        self._stopping.set()
        self.join()

    def _write(self, number: int) -> None:
        day = shop.LAST + timedelta(number)
        line = (
            f"8{number:05},9{number:04},THING {number},{number},{day} 10:00:00,2.50,4{number:04},"
        )
        (self._logs / f"orders-{number:03}.csv").write_text(f"{HEADER}{line}United Kingdom\n")


def test_pages_stay_whole_while_builds_publish(tmp_path: Path, browser: Browser) -> None:
    logs = tmp_path / "logs"
    shop.write_log(logs, shop.order_lines())
    builds = Builds(tmp_path / "lake", logs)
    builds.build()
    assert builds.failure == ""
    seen: set[int] = set()
    with served(tmp_path / "lake") as address, _window(browser, address) as window:
        window.open("/?period=All")
        builds.start()
        until = time.monotonic() + SECONDS
        try:
            while time.monotonic() < until and not builds.failure:
                for page in PAGES:
                    seen |= _looked_at(window, page.title)
        finally:
            builds.stop()
        assert window.errors == []
    assert builds.failure == ""
    assert builds.done >= 2
    assert len(seen) >= 2  # states, on the pages
    sys.stdout.write(f"{builds.done} builds, of which the pages showed {sorted(seen)}\n")


@contextmanager
def _window(browser: Browser, address: str) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1440, "height": 1200}, locale="en-GB")
    context.set_default_timeout(60_000)
    yield Visit(context.new_page(), address)
    context.close()


def _looked_at(window: Visit, title: str) -> set[int]:
    """Click through to a page and judge it; the number of orders landed beyond the first log."""
    window.page.get_by_test_id("stSidebar").get_by_role("link", name=title).click()
    window.page.wait_for_function("title => document.title.includes(title)", arg=title)
    found = window.page.wait_for_function(SEEN).json_value()
    assert found["errors"] == []
    assert "bug" not in found["text"]
    through = re.search(r"Data through \w+ (\d+ \w+ \d+)", found["text"])
    if not through:
        return set()
    day = datetime.strptime(through[1], "%d %b %Y").date()  # noqa: DTZ007 - a day has no zone
    more = (day - shop.LAST).days
    lines = shop.order_lines()
    if found["title"] == "Sales overview":
        orders = {x.order_id for x in lines if not x.is_cancellation}
        assert found["figures"][1] == f"{len(orders) + more:,}"
    elif found["title"] == "Customers":
        known = {x.customer_id for x in lines if x.sells and x.customer_id}
        assert found["figures"][0] == f"{len(known) + more:,}"
    elif found["title"] == "Products":
        products = {x.product_id for x in lines if x.is_product}
        assert f"Of {len(products) + more:,} products" in found["sentence"]
    return {more}
