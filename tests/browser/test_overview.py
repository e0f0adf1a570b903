"""The sales overview in a real browser."""

from collections.abc import Callable, Sequence

import pytest

from lakehouse.config import Settings
from tests.apps import shop, shop_marts
from tests.browser.conftest import Visit

# One worker: each would start a browser and a dashboard of its own.
pytestmark = pytest.mark.xdist_group("browser")

FIRST_BAR = {"x": 150, "y": 18}
DRAWN = """([canvas, at]) => {
    const scale = window.devicePixelRatio;
    const context = canvas.getContext("2d");
    return context.getImageData(at.x * scale, at.y * scale, 1, 1).data[3] > 0;
}"""

Open = Callable[..., Visit]


def orders(lines: Sequence[shop.Line], country: str | None = None) -> str:
    """How many orders all days hold."""
    chosen = (x for x in lines if not x.is_cancellation and country in (None, x.country))
    return str(len({x.order_id for x in chosen}))


@pytest.mark.parametrize(
    ("width", "scheme", "background"),
    [
        (1440, "light", "rgb(255, 255, 255)"),
        (1440, "dark", "rgb(14, 19, 28)"),
        (390, "light", "rgb(255, 255, 255)"),
    ],
    ids=["light", "dark", "phone"],
)
def test_the_page_is_whole(visit: Open, width: int, scheme: str, background: str) -> None:
    window = visit(width=width, scheme=scheme)
    window.open()
    page = window.page

    assert window.figures()[1] == orders(shop.order_lines())
    assert page.get_by_test_id("stApp").evaluate("e => getComputedStyle(e).backgroundColor") == (
        background
    )
    for heading in ("Net revenue per day", "Countries", "Customer segments", "Product groups"):
        assert page.get_by_role("heading", name=heading).is_visible()
    # Four trends, the days and three leaderboards; canvases that were never drawn on are 300 x 150.
    charts = page.get_by_test_id("stEChartsChart").locator("canvas")
    assert charts.count() == 8
    assert charts.evaluate_all("all => all.every(one => one.width > 0 && one.width != 300)")
    assert page.locator("button[aria-label^='Download as PNG']").count() == 8
    # Nothing sticks out to the side.
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_click_on_a_country_filters_the_page_and_another_lifts_it(visit: Open) -> None:
    window = visit()
    window.open("?period=All")
    lines = shop.order_lines()
    everything = orders(lines)

    click_first_country(window)
    window.page.wait_for_url("**country=United+Kingdom*")
    window.settle()
    assert window.figures()[1] == orders(lines, "United Kingdom")
    window.page.reload()
    window.settle()
    assert window.figures()[1] == orders(lines, "United Kingdom")

    click_first_country(window)
    window.page.wait_for_url(lambda url: "country" not in url)
    window.settle()
    assert window.figures()[1] == everything


def test_an_open_page_follows_a_build(visit: Open, shop_settings: Settings) -> None:
    lines = shop.order_lines()
    window = visit()
    window.open()
    snapshot = window.page.get_by_text("Snapshot")
    before = snapshot.inner_text()

    shop_marts.build(shop_settings, lines[:-20])
    window.page.wait_for_function("old => !document.body.innerText.includes(old)", arg=before)
    window.settle()
    assert window.figures()[1] == orders(lines[:-20])

    shop_marts.build(shop_settings, lines)  # as the other tests expect it
    window.page.get_by_test_id("stMetricValue").get_by_text(orders(lines)).wait_for()


def click_first_country(window: Visit) -> None:
    """Click the bar of the country that sells most."""
    chart = window.page.locator("[class*=st-key-country_] canvas").first
    chart.scroll_into_view_if_needed()
    window.page.wait_for_function(DRAWN, arg=[chart.element_handle(), FIRST_BAR])
    chart.click(position=FIRST_BAR)
