"""The real command, the small shop's lake, and Debian's Chromium looking at it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from lakehouse.config import Settings, load_settings
from tests.apps import shop, shop_forecasts, shop_marts, shop_recommendations

CHROMIUM = Path("/usr/bin/chromium")
# Without a sandbox it runs as root; the rest makes pixels the same on every machine.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
    "--disable-lcd-text",
]
IDLE = """() => document.querySelector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    && !document.querySelector('[data-testid="stSkeleton"], [data-stale="true"]')"""
# Streamlit looks for its service below the path of a page that is opened directly, before the root.
PROBED = ("/_stcore/health", "/_stcore/host-config")


@dataclass
class Visit:
    """A page in a browser of its own, and what went wrong in it."""

    page: Page
    url: str
    errors: list[str] = field(default_factory=list)
    offsite: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._note_console)
        self.page.on("request", lambda request: self._note_request(request.url))
        self.page.on("websocket", lambda websocket: self._note_request(websocket.url))

    def open(self, path: str = "") -> None:
        """Open a path of the app and wait until all of it is drawn."""
        self.page.goto(self.url + path)
        self.page.wait_for_selector("h1")
        self.settle()

    def settle(self) -> None:
        """Wait until the app has nothing more to draw."""
        self.page.wait_for_function(IDLE)

    def figures(self) -> list[str]:
        """The values of the four KPIs."""
        return self.page.get_by_test_id("stMetricValue").all_inner_texts()

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.location["url"].endswith(PROBED):
            self.errors.append(message.text)

    def _note_request(self, url: str) -> None:
        here = self.url.removeprefix("http://")
        if not url.startswith((f"http://{here}", f"ws://{here}", "data:", "blob:")):
            self.offsite.append(url)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. In CI it must be there; elsewhere its absence skips."""
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail(f"CI must have {CHROMIUM}: apt-get install chromium fonts-liberation")
        pytest.skip(f"no browser: apt-get install chromium fonts-liberation ({CHROMIUM})")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def shop_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a lake of its own with the shop's marts."""
    settings = load_settings(folder=tmp_path_factory.mktemp("shop"), environment={})
    shop_marts.build(settings, shop.order_lines())
    for tables in (shop_forecasts.tables, shop_recommendations.tables):
        shop_marts.commit(settings, tables(shop.order_lines()))
    shop.write_log(settings.streams["orders"].source[0], shop.order_lines())
    return settings


@contextmanager
def served(home: Path) -> Iterator[str]:
    """The address of a dashboard that runs on a home."""
    command = [sys.executable, "-m", "lakehouse", "--home", str(home)]
    with subprocess.Popen(
        [*command, "dashboard", "--no-browser", "--port", "0"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
        assert process.wait(timeout=60) == 0


@pytest.fixture(scope="package")
def address(shop_settings: Settings) -> Iterator[str]:
    """The address of a running dashboard on the shop."""
    with served(shop_settings.home) as address:
        yield address


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Callable[..., Visit]]:
    """Open a browser window: `visit(width=390, scheme="dark")`. Every error in it fails."""
    visits: list[Visit] = []

    def new(*, width: int = 1440, height: int = 1200, scheme: str = "light") -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="America/New_York",  # days must not slip where midnight is elsewhere
        )
        context.set_default_timeout(60_000)
        visits.append(Visit(context.new_page(), address))
        return visits[-1]

    yield new
    for one in visits:
        one.page.context.close()
    assert [one.errors for one in visits if one.errors] == []
    assert [one.offsite for one in visits if one.offsite] == []
