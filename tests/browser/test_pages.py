"""Every page in a real browser: in both themes, on a phone, and open to everybody."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser import baselines
from tests.browser.conftest import Visit

# One worker: each would start a browser and a dashboard of its own.
pytestmark = pytest.mark.xdist_group("browser")

Open = Callable[..., Visit]
# A dialog over the page is a page, too.
PAGES = [
    ("", "Sales overview", "light"),
    ("", "Sales overview", "dark"),
    ("?lines=order:50000", "Sales overview", "dark"),
    ("customers", "Customers", "light"),
    ("customers", "Customers", "dark"),
    ("customers?customer=10003", "Customers", "light"),
    ("products", "Products", "light"),
    ("products", "Products", "dark"),
    ("products?product=22423", "Products", "dark"),
    ("forecast", "Forecast", "light"),
    ("catalog", "Catalog", "dark"),
    ("operations", "Operations", "light"),
    ("operations", "Operations", "dark"),
    ("catalog?table=core.fct_orders", "Catalog", "light"),
    ("recommendations?customer=10003", "Recommendations", "light"),
    ("recommendations?product=22423", "Recommendations", "dark"),
    ("forecast?level=total_weekly", "Forecast", "dark"),
    ("sql?q=SELECT+%3F", "SQL workbench", "light"),
    ("sql?shelf=History", "SQL workbench", "dark"),
]
# Those that look the same at every run: no times of today, no snapshots.
BASELINES = {
    ("", "light"): "overview",
    ("", "dark"): "overview-dark",
    ("customers", "light"): "customers",
    ("customers", "dark"): "customers-dark",
    ("products", "light"): "products",
    ("products", "dark"): "products-dark",
    ("forecast", "light"): "forecast",
    ("forecast?level=total_weekly", "dark"): "forecast-dark",
    ("recommendations?customer=10003", "light"): "recommendations",
    ("recommendations?product=22423", "dark"): "recommendations-dark",
    ("sql?q=SELECT+%3F", "light"): "workbench",
}
BROKEN = {
    "a card is gone": ".st-key-card_segment { display: none }",
    "a chart is not drawn": ".st-key-card_days canvas { visibility: hidden }",
    "everything is half a line lower": ".stMainBlockContainer { margin-top: 12px }",
}
WIDE = """all => all.filter(one => one.getBoundingClientRect().right > window.innerWidth + 1)
    .map(one => one.className)"""


@pytest.mark.parametrize(("path", "title", "scheme"), PAGES)
def test_a_page_is_whole_and_open_to_everybody(
    visit: Open, pytestconfig: pytest.Config, path: str, title: str, scheme: str
) -> None:
    window = visit(scheme=scheme)
    window.open(f"/{path}")
    page = window.page
    assert page.locator("h1").first.inner_text() == title
    assert _shut_out(window) == []
    if name := BASELINES.get((path, scheme)):
        drawn = baselines.picture(window)
        if pytestconfig.getoption("--renew-baselines"):
            baselines.renew(name, drawn)
        assert baselines.differing(name, drawn) <= baselines.PER_MILLE

    page.set_viewport_size({"width": 390, "height": 844})
    window.settle()
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
    cards = page.locator("[class*=st-key-card_], [class*=st-key-filters]")
    assert cards.evaluate_all(WIDE) == []


def test_a_page_that_is_broken_does_not_look_as_it_should(visit: Open) -> None:
    window = visit()
    window.open("/")
    assert baselines.differing("overview", baselines.picture(window)) <= baselines.PER_MILLE
    unnoticed = []
    for what, style in BROKEN.items():
        broken = window.page.add_style_tag(content=style)
        if baselines.differing("overview", baselines.picture(window)) <= baselines.PER_MILLE:
            unnoticed.append(what)
        broken.evaluate("one => one.remove()")
    assert unnoticed == []


def _shut_out(window: Visit) -> list[str]:
    """What axe finds that shuts somebody out."""
    response = Axe().run(window.page).response
    assert len(response["passes"]) > 20  # it has looked
    return [
        f"{each['id']}: {node['html'][:200]}"
        for each in response["violations"]
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]
