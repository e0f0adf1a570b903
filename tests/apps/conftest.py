"""Fixtures: a small shop's lake, and the app opened on it without a browser."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from apps.bi import source
from lakehouse.config import Settings, load_settings
from lakehouse.query.published_watch import Watch
from tests.apps import shop, shop_forecasts, shop_marts, shop_recommendations

SCRIPT = Path(source.__file__).with_name("streamlit_app.py")

Opened = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def the_main_module_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """AppTest puts its script in the place of `__main__`, where a spawned process would run it."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(scope="session")
def lines() -> Sequence[shop.Line]:
    """Every order line of the shop."""
    return shop.order_lines()


@pytest.fixture(scope="session")
def shop_settings(tmp_path_factory: pytest.TempPathFactory, lines: Sequence[shop.Line]) -> Settings:
    """Settings of a lake that holds the shop's marts; nobody may change it."""
    settings = load_settings(folder=tmp_path_factory.mktemp("shop"), environment={})
    shop_marts.build(settings, lines)
    for tables in (shop_forecasts.tables, shop_recommendations.tables):
        shop_marts.commit(settings, tables(lines))
    return settings


@pytest.fixture(scope="session")
def shop_watch(shop_settings: Settings) -> Iterator[Watch]:
    """A watch that has looked at the shop's lake."""
    with closing(Watch(shop_settings)) as watch:
        watch.look()
        yield watch


@pytest.fixture
def open_app(shop_watch: Watch) -> Iterator[Opened]:
    """Open a page, on the shop or another watch, under a URL with the given parameters."""

    def opened(
        watch: Watch = shop_watch, *, page: str = "overview", **parameters: str | list[str]
    ) -> AppTest:
        source.provide(watch)
        app = AppTest.from_file(SCRIPT, default_timeout=60)
        if page != "overview":
            # The pages are known once the app has run; what the URL says must still be unread.
            app._page_hash = calc_hash(page)
        for name, value in parameters.items():
            app.query_params[name] = value
        return app.run()

    yield opened
    # A lake of one test must not be held until the end of all.
    source.provide(shop_watch)
