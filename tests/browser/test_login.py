"""Somebody logs in at a real provider, sees one country, and leaves."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, expect

from lakehouse.athena.executing import open_executions
from lakehouse.catalog import open_catalog
from lakehouse.cli.root import _exit_code
from lakehouse.config import Settings, load_settings
from lakehouse.tables.access import add_row_rule
from tests.apps import shop, shop_marts
from tests.browser.conftest import IDLE
from tests.browser.openid import CLIENT, SECRET, Provider, provider


@pytest.fixture(scope="module")
def people() -> Iterator[Provider]:
    with provider({"nora@x.org": [], "bea@x.org": ["board"], "eve@x.org": ["sales"]}) as made:
        yield made


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = load_settings(folder=tmp_path_factory.mktemp("guarded"), environment={})
    shop_marts.build(settings, shop.order_lines())
    with open_catalog(settings) as catalog:
        add_row_rule(catalog, user="nora@x.org", group=None, values={"country": ["Norway"]})
        add_row_rule(catalog, user=None, group="board", values={})
    return settings


def told_to(people: Provider) -> dict[str, str]:
    """What the environment of a dashboard says of the login."""
    return {
        **os.environ,
        "LAKEHOUSE_ACCESS__PROVIDER": people.url,
        "LAKEHOUSE_ACCESS__CLIENT_ID": CLIENT,
        "LAKEHOUSE_ACCESS__CLIENT_SECRET": SECRET,
    }


@pytest.fixture(scope="module")
def address(guarded: Settings, people: Provider) -> Iterator[str]:
    command = [sys.executable, "-m", "lakehouse", "--home", str(guarded.home)]
    with subprocess.Popen(
        [*command, "dashboard", "--no-browser", "--port", "0"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        env=told_to(people),
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()
        assert process.wait(timeout=60) == 0


def answer(url: str, cookies: str = "") -> tuple[int, str]:
    try:
        with urlopen(Request(url, headers={"Cookie": cookies} if cookies else {})) as found:
            return found.status, found.read().decode()
    except HTTPError as e:
        return e.code, e.read().decode()


def test_somebody_comes_sees_her_country_and_leaves(
    browser: Browser, address: str, people: Provider, guarded: Settings
) -> None:
    context = browser.new_context(locale="en-GB")
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(f"{address}/?period=All")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="nora@x.org").click()
    expect(page.get_by_role("heading", name="Sales overview")).to_be_visible()
    page.goto(f"{address}/sql?q=SELECT country, sum(net_amount) AS net, count(*) AS n "
              "FROM core.fct_order_lines GROUP BY country")  # fmt: skip
    page.get_by_role("button", name="Run").click()
    page.get_by_role("link", name="CSV").wait_for()
    link = page.get_by_role("link", name="CSV").get_attribute("href") or ""
    file = f"{address}/{link.split('/', 3)[-1] if link.startswith('http') else link.lstrip('/')}"
    cookies = "; ".join(f"{each['name']}={each['value']}" for each in context.cookies())
    mine = [line for line in shop.order_lines() if line.country == "Norway"]
    net = sum((line.net for line in mine), Decimal(0))
    status, csv = answer(file, cookies)
    assert status == 200
    (row,) = csv.splitlines()[1:]
    country, total, count = (value.strip('"') for value in row.split(","))
    assert (country, Decimal(total), int(count)) == ("Norway", net, len(mine))
    # The file is nobody else's, nor is an answer of the owner's hers.
    assert answer(file)[0] == 403
    forged = cookies.replace("_streamlit_user=", "_streamlit_user=x")
    assert forged != cookies
    assert answer(file, forged)[0] == 403
    with open_executions(guarded) as owner:
        other = owner.complete("select count(*) from core.fct_order_lines").id
    assert answer(re.sub(r"[0-9a-f-]{36}", other, file), cookies)[0] == 404
    page.wait_for_function(IDLE)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    context.close()


def test_somebody_without_a_rule_is_told_what_helps(browser: Browser, address: str) -> None:
    context = browser.new_context()
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(f"{address}/customers")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="eve@x.org").click()
    expect(page.get_by_text("access grant eve@x.org --rows")).to_be_visible()
    assert page.get_by_test_id("stMetric").count() == 0
    assert page.get_by_test_id("stSidebarNav").count() == 0
    context.close()


@pytest.mark.parametrize("path", ["/nothing", None], ids=["no provider", "away"])
def test_a_wrong_provider_is_told_before_anybody_comes(
    guarded: Settings,
    people: Provider,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    path: str | None,
) -> None:
    for name, value in told_to(people).items():
        if name.startswith("LAKEHOUSE_ACCESS"):
            monkeypatch.setenv(name, value)
    url = people.url + path if path else "http://127.0.0.1:9"
    monkeypatch.setenv("LAKEHOUSE_ACCESS__PROVIDER", url)
    arguments = ["--home", str(guarded.home), "dashboard", "--no-browser", "--port", "0"]
    assert _exit_code(arguments) == 7
    assert "check `provider` under [access]" in capsys.readouterr().err
    monkeypatch.setenv("LAKEHOUSE_ACCESS__PROVIDER", people.url)
    monkeypatch.delenv("LAKEHOUSE_ACCESS__CLIENT_SECRET")
    assert _exit_code(arguments) == 2
