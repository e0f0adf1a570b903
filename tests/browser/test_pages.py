"""Every page in a real browser: in both themes, on a phone, and open to everybody."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe

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
WIDE = """all => all.filter(one => one.getBoundingClientRect().right > window.innerWidth + 1)
    .map(one => one.className)"""


@pytest.mark.parametrize(("path", "title", "scheme"), PAGES)
def test_a_page_is_open_to_everybody(visit: Open, path: str, title: str, scheme: str) -> None:
    window = visit(scheme=scheme)
    window.open(f"/{path}")
    page = window.page
    assert page.locator("h1").first.inner_text() == title
    assert _shut_out(window) == []

    page.set_viewport_size({"width": 390, "height": 844})
    window.settle()
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")
    cards = page.locator("[class*=st-key-card_], [class*=st-key-filters]")
    assert cards.evaluate_all(WIDE) == []


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
