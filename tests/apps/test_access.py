"""Who sees what in the app: each page for somebody whom rules narrow, against the shop's lines."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from decimal import Decimal

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from apps.bi import source
from apps.bi.access import who
from apps.bi.workbench.desk import of_viewer
from lakehouse.access_settings import AccessSettings
from lakehouse.catalog import open_catalog
from lakehouse.config import Settings, load_settings
from lakehouse.errors import AccessError, QueryError
from lakehouse.query.access.audit import AuditJournal
from lakehouse.query.access.audit_history import carry_over_audit
from lakehouse.query.access.viewer import Person
from lakehouse.query.published_watch import Watch
from lakehouse.tables.access import add_column_rules, add_row_rule, drop_row_rules
from tests.apps import shop, shop_forecasts, shop_marts, shop_recommendations
from tests.apps.conftest import SCRIPT

LOGIN = AccessSettings(provider="https://id.example.com", client_id="lake")
As = Callable[..., AppTest]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, lines: Sequence[shop.Line]) -> Settings:
    """A shop where one has to log in, with rules."""
    folder = tmp_path_factory.mktemp("guarded")
    found = load_settings(folder=folder, environment={}).model_copy(update={"access": LOGIN})
    shop_marts.build(found, lines)
    for tables in (shop_forecasts.tables, shop_recommendations.tables):
        shop_marts.commit(found, tables(lines))
    with open_catalog(found) as catalog:
        add_row_rule(catalog, user="nora", group=None, values={"country": ["Norway"]})
        add_row_rule(catalog, user="fred", group=None, values={"country": ["France"]})
        add_row_rule(catalog, user=None, group="board", values={})
        add_row_rule(catalog, user="dan", group=None, values={})
        add_column_rules(catalog, "core.fct_order_lines", "customer_id", [], ["board"])
    return found


@pytest.fixture(scope="module")
def watch(settings: Settings) -> Iterator[Watch]:
    with closing(Watch(settings)) as made:
        made.look()
        yield made


@pytest.fixture
def opened(watch: Watch, shop_watch: Watch) -> Iterator[As]:
    """Open a page as somebody: `opened("nora", page="customers")`; None is nobody yet."""

    def open_as(
        name: str | None, *, groups: Sequence[str] = (), page: str = "overview", **parameters: str
    ) -> AppTest:
        source.provide(watch)
        app = AppTest.from_file(SCRIPT, default_timeout=60)
        now = time.time()
        app.user = (
            {"is_logged_in": True, "email": name, "groups": list(groups), "iat": now}
            if name
            else {"is_logged_in": False}
        )
        if page != "overview":
            app._page_hash = calc_hash(page)
        for key, value in parameters.items():
            app.query_params[key] = value
        return app.run()

    yield open_as
    source.desk().close()
    source.provide(shop_watch)


def net(lines: Sequence[shop.Line], country: str | None = None) -> Decimal:
    """The net revenue of all days that count, as the overview shows it with period=All."""
    return sum((line.net for line in lines if country in (None, line.country)), Decimal(0))


def shown(app: AppTest) -> str:
    assert not app.exception
    return app.metric[0].value


def texts(app: AppTest) -> str:
    assert not app.exception
    parts = [each.value for each in (*app.markdown, *app.header, *app.code, *app.caption)]
    notes = [each.value for each in (*app.warning, *app.error, *app.info)]
    return "\n".join([*parts, *notes])


def test_nothing_is_shown_before_the_login(opened: As) -> None:
    for page in ("overview", "sql", "operations"):
        app = opened(None, page=page)
        assert "depends on who you are" in texts(app)
        assert not app.metric
        assert not app.dataframe
        assert [each.label for each in app.button] == ["Log in"]


def test_one_after_the_other_sees_their_own_countries(
    opened: As, lines: Sequence[shop.Line]
) -> None:
    figures = {
        name: shown(opened(name, groups=groups, period="All"))
        for name, groups in (("nora", ()), ("fred", ()), ("bea", ("board",)))
    }
    filtered = {c: shown(opened("bea", groups=["board"], period="All", country=c))
                for c in ("Norway", "France")}  # fmt: skip
    assert len(set(figures.values())) == 3
    assert (figures["nora"], figures["fred"]) == (filtered["Norway"], filtered["France"])
    # Nobody is served what another was, also when they come again.
    assert shown(opened("nora", period="All")) == figures["nora"]
    only = opened("nora", period="All")
    assert list(only.selectbox(key="country").options) == ["Norway"]
    assert "no country called" in texts(opened("nora", country="France"))


def test_figures_of_hers_are_those_of_her_lines(
    opened: As, settings: Settings, lines: Sequence[shop.Line]
) -> None:
    opened("nora", period="All")
    viewer = source._rules[0][1].viewer(Person("nora"))
    handle = (
        source._provided[0][1]
        ._seat()
        .executions.start(
            "select sum(net_amount) as net, count(*) as lines from core.fct_order_lines",
            viewer=viewer,
        )
    )
    expected = [line for line in lines if line.country == "Norway"]
    assert handle.page().to_pylist() == [{"net": net(lines, "Norway"), "lines": len(expected)}]
    # And the mart that the overview sums up agrees.
    marts = source.watch().published.marts
    assert marts is not None
    from lakehouse.query.published_seen import SeenMarts

    seen = SeenMarts(marts, viewer.scope)
    sums = seen.query("select sum(net_amount) as net from core.fct_order_lines").to_pylist()
    assert sums == [{"net": net(lines, "Norway")}]
    for asked in (
        "select sum(value) from ml.demand", "select count(*) from ops.publications",
        "select sum(net_amount) from core.dim_products",
    ):  # fmt: skip
        with pytest.raises((AccessError, LookupError)):
            seen.query(asked)


@pytest.mark.parametrize("page", ["customers", "products"])
def test_pages_of_sales_are_narrowed(opened: As, page: str) -> None:
    app = opened("nora", page=page, period="All")
    assert not app.warning
    assert app.metric or app.dataframe


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("forecast", "let nothing of"),
        ("recommendations", "let nothing of"),
        ("operations", "everybody's rows"),
        ("catalog", "whole tables"),
    ],
)
def test_what_is_computed_of_all_rows_is_not_for_her(opened: As, page: str, told: str) -> None:
    app = opened("nora", page=page)
    assert told in texts(app)
    assert not app.metric
    assert not app.dataframe
    assert told not in texts(opened("bea", groups=["board"], page=page))


def test_without_a_rule_there_is_a_page_that_helps(opened: As, settings: Settings) -> None:
    app = opened("eve@x.org", groups=["sales"])
    told = texts(app)
    assert "You are logged in as **eve" in told
    assert "access grant eve@x.org" in told
    assert not app.metric
    assert [each.label for each in app.button] == ["Log out"]
    # A rule that comes lets her in, without the app being started again; one that goes, out.
    with open_catalog(settings) as catalog:
        add_row_rule(catalog, user="eve@x.org", group=None, values={"country": ["Norway"]})
    assert app.run().metric
    with open_catalog(settings) as catalog:
        drop_row_rules(catalog, user="eve@x.org", group=None)
    assert not app.run().metric


def test_a_missing_table_of_rules_shows_nothing(
    opened: As, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert opened("nora").metric
    with open_catalog(settings) as catalog:
        catalog.rename_table("access.column_rules", "access.elsewhere")
    try:
        app = opened("bea", groups=["board"])
        assert "no table access.column_rules" in texts(app).replace("\\", "")
        assert not app.metric
    finally:
        with open_catalog(settings) as catalog:
            catalog.rename_table("access.elsewhere", "access.column_rules")


def test_executions_are_their_askers(opened: As, settings: Settings) -> None:
    opened("nora", page="sql")
    rules = source._rules[0][1]
    nora, fred = rules.viewer(Person("nora")), rules.viewer(Person("fred"))
    board = rules.viewer(Person("bea", frozenset({"board"})))
    found = source.desk()._seat().executions.start("select 1 as x", viewer=nora).wait()
    assert of_viewer(found, nora) is of_viewer(found, board) is found
    with pytest.raises(QueryError, match="of yours"):
        of_viewer(found, fred)
    with open_catalog(settings) as catalog:
        add_row_rule(catalog, user="nora", group=None, values={"product_id": ["none"]})
    with pytest.raises(AccessError, match="have changed"):
        of_viewer(found, rules.viewer(Person("nora")))
    with open_catalog(settings) as catalog:
        drop_row_rules(catalog, user="nora", group=None)
        add_row_rule(catalog, user="nora", group=None, values={"country": ["Norway"]})


def test_who_asked_what_is_entered_and_carried_over(opened: As, settings: Settings) -> None:
    opened("fred", period="All")
    opened("fred", page="forecast")
    opened("eve@x.org")
    with closing(AuditJournal(settings.home)) as journal:
        entries = journal.listed(limit=1000)
        last = journal.listed("fred", limit=1000)
    assert all(each.person == "fred" for each in last)
    pages = [each for each in last if each.action == "page"]
    assert pages
    assert all("from" in (each.statement or "") and each.tables for each in pages)
    assert any(each.row_count for each in pages)
    assert any(each.person == "eve@x.org" and not each.allowed for each in entries)
    with open_catalog(settings) as catalog:
        row_rules = catalog.load_table("access.row_rules").metadata.current_snapshot_id
        assert pages[0].row_rules == row_rules
        assert carry_over_audit(settings, catalog) == len(entries)
        assert carry_over_audit(settings, catalog) == 0
        kept = catalog.load_table("ops.audit").scan().to_arrow()
        assert kept.num_rows == len(entries)
        assert len(catalog.load_table("ops.audit").metadata.snapshots) == 1


def test_a_token_must_name_somebody() -> None:
    def named(**claims: object) -> Person:
        return who.person({"is_logged_in": True, **claims}, LOGIN)

    assert named(email="ada@x.org", groups=["a", 3]) == Person("ada@x.org", frozenset({"a"}))
    assert named(email="ada@x.org", groups="a").groups == {"a"}
    with pytest.raises(who.NotLoggedInError):
        who.person({}, LOGIN)
    with pytest.raises(who.NotLoggedInError, match="has ended"):
        named(email="ada@x.org", iat=time.time() - 13 * 3600)
    for wrong in ({}, {"email": ""}, {"email": ["ada"]}):
        with pytest.raises(AccessError, match="does not tell who you are"):
            named(**wrong)
    with pytest.raises(AccessError, match="has not verified"):
        named(email="ada@x.org", email_verified=False)
