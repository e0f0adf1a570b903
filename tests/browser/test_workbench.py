"""The SQL workbench in a real browser: typing, completing, selecting, sharing."""

from collections.abc import Callable

import pyarrow.parquet
import pytest
from playwright.sync_api import Locator

from tests.apps import shop
from tests.browser.conftest import Visit

pytestmark = pytest.mark.xdist_group("browser")

Open = Callable[..., Visit]


def written(window: Visit, text: str) -> Locator:
    """Put a text into the editor, as it is typed."""
    editor = window.page.get_by_role("textbox", name="SQL")
    editor.click()
    window.page.keyboard.press("Control+A")
    window.page.keyboard.insert_text(text)
    return editor


def answered(window: Visit, sentence: str) -> None:
    window.page.locator(".st-key-answer").get_by_text(sentence).wait_for()
    window.settle()


def test_a_statement_from_typing_to_sharing(visit: Open) -> None:
    lines = shop.order_lines()
    window = visit(scheme="dark")
    window.open("/sql")
    editor = written(window, "SELECT 1 AS one;\n")
    window.page.keyboard.type("SELECT coun")
    options = window.page.get_by_role("listbox")
    options.get_by_text("count_if").wait_for()
    window.page.keyboard.press("Escape")
    written(window, "SELECT country FROM core.fct_ord")
    options.get_by_text("fct_order_lines").wait_for()
    window.page.keyboard.press("Escape")

    # What is selected runs, and an error is marked where it stands.
    written(window, "SELECT country,\n  nonsense FROM core.fct_order_lines")
    window.page.keyboard.press("Control+Enter")
    window.page.get_by_text("COLUMN_NOT_FOUND").first.wait_for()
    assert editor.locator(".cm-lintRange-error").inner_text() == "nonsense"
    written(window, "SELECT 17\nSELECT * FROM core.fct_order_lines")
    window.page.keyboard.press("Home")
    window.page.keyboard.press("Shift+End")
    window.page.get_by_role("button", name="Run").click()
    answered(window, f"{len(lines):,} rows")

    link = window.page.url
    other = visit()
    other.page.goto(link)
    answered(other, f"{len(lines):,} rows")
    with other.page.expect_download() as download:
        other.page.get_by_role("link", name="Parquet").click()
    assert pyarrow.parquet.read_table(download.value.path()).num_rows == len(lines)
