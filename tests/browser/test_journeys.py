"""What people do in the app, from page to page, in a real browser."""

import csv
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from playwright.sync_api import expect

from tests.apps import shop
from tests.browser.conftest import Visit
from tests.browser.test_overview import orders

pytestmark = pytest.mark.xdist_group("browser")

Open = Callable[..., Visit]


def choose_first_row(window: Visit, key: str) -> None:
    """Mark the first row of a table whose rows can be chosen."""
    table = window.page.locator(f"[class*=st-key-{key}] .dvn-scroller").first
    table.scroll_into_view_if_needed()
    expect(table).to_be_visible()
    table.click(position={"x": 18, "y": 52})


def test_from_a_product_down_to_the_line_of_the_log(visit: Open) -> None:
    window = visit()
    window.open("/?period=All")
    choose_first_row(window, "top_products")
    window.page.wait_for_url("**lines=product*")
    window.settle()
    code = parse_qs(urlsplit(window.page.url).query)["lines"][0].removeprefix("product:")
    mine = [x for x in shop.order_lines() if x.product_id == code]
    drawer = window.page.get_by_role("dialog")
    expect(drawer).to_contain_text(f"{len(mine):,} lines")

    choose_first_row(window, "line_chosen")
    expect(drawer).to_contain_text(f"Line {mine[0].number + 1:,} of {shop.SOURCE_FILE}")
    expect(drawer).to_contain_text(shop.log_line(mine[0]))

    drawer.get_by_role("button", name="Close").click()
    window.page.wait_for_url(lambda url: "lines=" not in url)


def test_the_sql_of_a_card_its_rows_and_its_way_into_the_workbench(
    visit: Open, tmp_path: Path
) -> None:
    window = visit()
    window.open("/?period=All&country=Norway")
    card = window.page.locator(".st-key-card_segment")
    card.get_by_role("button", name="SQL").click()
    link = window.page.get_by_role("link", name="Open in workbench")
    sql = unquote(str(link.get_attribute("href")).partition("q=")[2])
    assert "country = 'Norway'" in sql
    assert "from reports.rpt_daily_segment_sales" in sql

    with window.page.expect_download() as started:
        window.page.get_by_role("button", name="CSV", exact=True).click()
    file = tmp_path / "segment.csv"
    started.value.save_as(file)
    rows = list(csv.DictReader(file.read_text().splitlines()))
    norway = [x for x in shop.order_lines() if x.country == "Norway"]
    total = sum(float(row["net_amount"]) for row in rows)
    assert total == pytest.approx(float(sum(x.net for x in norway)))


def test_filters_go_along_from_page_to_page(visit: Open) -> None:
    window = visit()
    window.open("/?period=All&country=France&group=Under+£1")
    window.page.get_by_role("link", name="Customers").click()
    expect(window.page.locator("h1")).to_have_text("Customers")
    window.settle()
    assert "country=France" in window.page.url
    french = {
        x.customer_id
        for x in shop.order_lines()
        if x.sells and x.customer_id and x.country == "France"
    }
    assert window.figures()[0] == str(len(french))

    window.page.get_by_role("link", name="Sales overview").click()
    expect(window.page.locator("h1")).to_have_text("Sales overview")
    window.settle()
    expect(window.page.get_by_test_id("stMetric").first).to_contain_text("Product revenue")


def test_from_the_best_customers_to_one_and_back(visit: Open) -> None:
    window = visit()
    window.open("/customers?period=All")
    customers = window.figures()
    choose_first_row(window, "best")
    window.page.wait_for_url("**customer=*")
    window.settle()
    number = parse_qs(urlsplit(window.page.url).query)["customer"][0]
    placed = {x.order_id for x in shop.order_lines() if x.sells and x.customer_id == number}
    assert window.figures()[1] == str(len(placed))
    window.page.reload()
    window.settle()
    assert window.figures()[1] == str(len(placed))

    window.page.get_by_role("button", name="All customers").click()
    window.page.wait_for_url(lambda url: "customer=" not in url)
    window.settle()
    assert window.figures() == customers


def test_a_link_to_what_is_not_there_says_so(visit: Open) -> None:
    window = visit()
    window.open("/?country=Atlantis&period=All")
    expect(window.page.get_by_role("alert")).to_contain_text(
        re.compile("no country called Atlantis", re.IGNORECASE)
    )
    assert window.figures()[1] == orders(shop.order_lines())


def test_a_page_prints_whole_and_without_its_controls(visit: Open) -> None:
    window = visit(height=700)
    window.open("/customers?period=All")
    page = window.page
    page.emulate_media(media="print")
    for control in ("stSidebar", "stPopover", "stTextInput"):
        assert page.get_by_test_id(control).first.is_hidden()
    assert page.get_by_test_id("stMetricValue").first.is_visible()
    # Not cut off where the window ends.
    height = page.get_by_test_id("stMain").bounding_box()
    assert height is not None
    assert height["height"] > 900
    sheets = re.findall(rb"/Type\s*/Page\b", page.pdf(width="210mm", height="148mm"))
    assert len(sheets) > 1
    # What was drawn for a wide window fits a narrow sheet: nothing draws it anew for that.
    drawn = page.locator("[data-testid=stDataFrame] canvas").first
    drawn.evaluate("one => { one.style.width = '5000px' }")
    assert drawn.bounding_box()["width"] < 1440  # type: ignore[index]
