"""How long the dashboard takes from a filter to a page that is drawn, for one and for ten.

The real log is built as it is and twenty times over: every copy with invoices and customers of
its own, on the same days. Windows of Chromium click in turn in the one and the other; a probe
in the page notes when it has drawn last, and how long the server took of that. Warm is a filter
on a page that is open, cold the first one of all in a server just started.

python -m benchmarks.dashboard [FOLDER], which keeps the two lakes for the next time.
"""

import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.online_retail import ONLINE_RETAIL
from benchmarks.rounds import cpu_seconds_of, judge_at_most

GROWTH = 20
ROUNDS = 5
USERS, THINK_SECONDS, CLICKS_EACH = 10, 5, 10
SESSIONS = 10
WARM_MS, COLD_MS, GROWN, P95_MS = 500, 1000, 1.5, 1000
MEGABYTES, MEGABYTES_A_SESSION = 300, 1
_PROBE = Path(__file__).with_name("dashboard_probe.js")
_CHROMIUM = "/usr/bin/chromium"
_IDLE = """() => document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]")
    && !document.querySelector("[data-testid=stSkeleton], [data-stale=true]")"""
_USER = """async ([clicks, think, first]) => {
    const times = [];
    await new Promise((resolve) => setTimeout(resolve, first));
    for (let n = 0; n < clicks; n++) {
        const presets = document.querySelectorAll(".st-key-period button");
        const next = presets[n % 5];  // not the last: days that one picks
        next.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
        next.click();
        times.push(await window.settled());
        await new Promise((resolve) => setTimeout(resolve, think));
    }
    return times;
}"""


@dataclass(frozen=True)
class Took:
    """Milliseconds from a click to a settled page; of them the server's."""

    settled: float
    served: float


@dataclass(frozen=True)
class Server:
    """A running dashboard."""

    url: str
    pid: int

    def megabytes(self) -> float:
        """What it holds in memory."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        (line,) = (each for each in status.splitlines() if each.startswith("VmRSS"))
        return int(line.split()[1]) * 1024 / 1e6

    def cpu_ms(self) -> float:
        """Milliseconds of all cores that it has used."""
        return cpu_seconds_of(self.pid) * 1000


Change = Callable[[Page], None]


def main(folder: str = "") -> None:
    if folder:
        _measure(Path(folder))
        return
    with tempfile.TemporaryDirectory() as made:
        _measure(Path(made))


def _measure(folder: Path) -> None:
    homes = {copies: _lake(folder, copies) for copies in (1, GROWTH)}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        _cold(browser, homes)
        _warm(browser, homes)
        for copies, home in homes.items():
            with _dashboard(home) as server:
                _memory(browser, server, copies)
                _together(browser, server, copies)
        browser.close()


def _lake(folder: Path, copies: int) -> Path:
    """A home with the marts of the real log, so many times over."""
    home, logs = folder / f"times-{copies}", folder / f"logs-{copies}"
    if home.exists():
        return home
    logs.mkdir(parents=True)
    lines = pl.read_csv(ONLINE_RETAIL, infer_schema=False, encoding="utf8-lossy")
    for number in range(copies):
        own = f"{number:02}"
        lines.with_columns(
            pl.col("InvoiceNo") + own, pl.col("CustomerID").str.strip_suffix(".0") + own
        ).write_csv(logs / f"orders-{own}.csv")
    command = ["--home", str(home), "build", "--no-ml", "--source", str(logs)]
    subprocess.run(
        [sys.executable, "-m", "lakehouse", *command], check=True, stdout=subprocess.DEVNULL
    )
    return home


@contextmanager
def _dashboard(home: Path) -> Iterator[Server]:
    command = ["--home", str(home), "dashboard", "--no-browser", "--port", "0"]
    with subprocess.Popen(
        [sys.executable, "-m", "lakehouse", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        try:
            yield Server(process.stdout.readline().strip(), process.pid)
        finally:
            process.terminate()


@contextmanager
def _window(browser: Browser, url: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 1200}, locale="en-GB")
    context.set_default_timeout(120_000)
    context.add_init_script(path=_PROBE)
    page = context.new_page()
    _open(page, url)
    try:
        yield page
    finally:
        context.close()


def _open(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector("h1")
    page.wait_for_function(_IDLE)


def _days(preset: str) -> Change:
    return lambda page: page.locator(".st-key-period").get_by_text(preset, exact=True).click()


def _only(filter_: str, value: str) -> Change:
    def choose(page: Page) -> None:
        page.locator(f".st-key-{filter_} input").click()
        page.get_by_role("option", name=value, exact=True).click()

    return choose


# What is clicked one after the other on a page; each is a filter of its own kind.
_CLICKED: dict[str, Sequence[tuple[str, Change]]] = {
    "": (
        ("days", _days("180d")),
        ("all days", _days("All")),
        ("country", _only("country", "France")),
        ("segment", _only("segment", "Loyal")),
        ("group", _only("group", "£1 to £2")),
    ),
    "customers": (
        ("days", _days("180d")),
        ("country", _only("country", "France")),
        ("segment", _only("segment", "Loyal")),
    ),
    "products": (
        ("days", _days("180d")),
        ("country", _only("country", "France")),
        ("segment", _only("segment", "Loyal")),
        ("group", _only("group", "£1 to £2")),
    ),
}


def _clicked(page: Page, change: Change) -> Took:
    change(page)
    return Took(*page.evaluate("settled()"))


def _cold(browser: Browser, homes: dict[int, Path]) -> None:
    times: dict[int, list[Took]] = defaultdict(list)
    for _ in range(ROUNDS):
        for copies, home in homes.items():
            with _dashboard(home) as server, _window(browser, server.url) as page:
                times[copies].append(_clicked(page, _days("28d")))
    for copies, taken in times.items():
        judge_at_most(f"cold, {copies} times the data", *_medians(taken)[:1], COLD_MS, " ms")
        print(f"    (of them the server {_medians(taken)[1]:.0f} ms)")


def _warm(browser: Browser, homes: dict[int, Path]) -> None:
    times: dict[tuple[str, str, int], list[Took]] = defaultdict(list)
    used: dict[tuple[str, str, int], list[float]] = defaultdict(list)
    with _dashboard(homes[1]) as one, _dashboard(homes[GROWTH]) as many:
        servers = {1: one, GROWTH: many}
        for path, changes in _CLICKED.items():
            for number in range(ROUNDS + 1):
                for copies, server in servers.items():
                    with _window(browser, f"{server.url}/{path}") as page:
                        for name, change in changes:
                            before = server.cpu_ms()
                            took = _clicked(page, change)
                            if number:
                                times[path, name, copies].append(took)
                                used[path, name, copies].append(server.cpu_ms() - before)
    for path, name in dict.fromkeys(key[:2] for key in times):
        settled, cores = {}, {}
        for copies in servers:
            settled[copies], served = _medians(times[path, name, copies])
            cores[copies] = statistics.median(used[path, name, copies])
            told = f"{path or 'overview'}, {name}, {copies} times the data, warm"
            judge_at_most(told, settled[copies], WARM_MS, " ms")
            print(f"    (the server {served:.0f} ms; {cores[copies]:.0f} ms of its cores)")
        judge_at_most("  grown by", settled[GROWTH] / settled[1], GROWN)


def _medians(taken: Sequence[Took]) -> tuple[float, float]:
    return (
        statistics.median(each.settled for each in taken),
        statistics.median(each.served for each in taken),
    )


def _memory(browser: Browser, server: Server, copies: int) -> None:
    with _window(browser, server.url) as page:
        for path in _CLICKED:
            _open(page, f"{server.url}/{path}")
        alone = server.megabytes()
        with ExitStack() as others:
            for _ in range(SESSIONS):
                others.enter_context(_window(browser, server.url))
            each = (server.megabytes() - alone) / SESSIONS
    judge_at_most(f"memory with one session, {copies} times the data", alone, MEGABYTES, " MB")
    judge_at_most("  and for each of ten more", each, MEGABYTES_A_SESSION, " MB")


def _together(browser: Browser, server: Server, copies: int) -> None:
    """Windows that click on by themselves, all at once."""
    with ExitStack() as windows:
        pages = [windows.enter_context(_window(browser, server.url)) for _ in range(USERS)]
        think = THINK_SECONDS * 1000
        for number, page in enumerate(pages):
            user = [CLICKS_EACH, think, number * think / USERS]
            page.evaluate(f"user => {{ window.all = ({_USER})(user); }}", user)
        times = [Took(*each) for page in pages for each in page.evaluate("window.all")]
    p95 = float(np.percentile([each.settled for each in times], 95))
    judge_at_most(f"{USERS} users, {copies} times the data, p95", p95, P95_MS, " ms")
    served = float(np.percentile([each.served for each in times], 95))
    print(f"    (the server's p95 {served:.0f} ms, of {len(times)} clicks)")


if __name__ == "__main__":
    main(*sys.argv[1:])
