"""From a figure to its order lines, and from a line to the log."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from apps.bi.filters import Filters
from apps.bi.periods import Period
from apps.bi.queries.lines import SHOWN, Drill, Of
from apps.bi.queries.lines import lines as lines_of
from lakehouse.query.published_watch import Watch
from tests.apps.asking import asker
from tests.apps.conftest import Opened
from tests.apps.shop import FIRST, LAST, Line

ALL = Period(FIRST, LAST)


def told(app: AppTest) -> str:
    (found,) = [m.value for m in app.markdown if "together" in m.value]
    return str(found)


@pytest.mark.parametrize(
    ("drill", "narrowed", "of"),
    [
        (f"day:{LAST}", {}, lambda x: x.day == LAST),
        (f"day:{LAST}", {"country": "Norway"}, lambda x: x.day == LAST and x.country == "Norway"),
        ("product:22423", {}, lambda x: x.product_id == "22423"),
        (
            "product:22423",
            {"country": "France"},
            lambda x: x.product_id == "22423" and x.country == "France",
        ),
        ("order:50000", {"country": "Norway"}, lambda x: x.order_id == "50000"),
    ],
)
def test_the_lines_come_to_the_figure(
    shop_watch: Watch, lines: Sequence[Line], drill: str, narrowed: dict[str, str], of: object
) -> None:
    marts = shop_watch.published.marts
    assert marts is not None
    assert callable(of)
    parsed = Drill.parsed(drill)
    assert parsed is not None
    found = lines_of(asker(marts), Filters(ALL, **narrowed), parsed)
    expected = [x for x in lines if of(x)]
    assert found.count == len(expected)
    assert found.net == sum(x.net for x in expected)
    assert [row["order_line_id"] for row in found.rows] == [x.number for x in expected][:SHOWN]


def test_segment_and_group_narrow_the_lines_as_they_do_the_figures(
    open_app: Opened, lines: Sequence[Line]
) -> None:
    app = open_app(
        period="Custom",
        days=[LAST.isoformat()] * 2,
        segment="Champions",
        group="£2 to £5",
        lines=f"day:{LAST}",
    )
    assert not app.exception
    revenue = next(m for m in app.metric if m.label == "Product revenue")
    exactly = revenue.proto.help.split("**")[1]
    assert f"together **{exactly}**" in told(app)


def test_a_link_opens_the_drawer(open_app: Opened, lines: Sequence[Line]) -> None:
    app = open_app(lines=f"day:{LAST - timedelta(1)}")
    expected = [x for x in lines if x.day == LAST - timedelta(1)]
    net = sum(x.net for x in expected)
    assert told(app) == f"**{len(expected)} lines**, together **£{net:,.2f}**"


@pytest.mark.parametrize(
    "asked", ["foo", "day:", "day:tomorrow", "planet:mars", ":", "order", "order:\0"]
)
def test_a_link_to_no_lines_says_what_it_should_look_like(open_app: Opened, asked: str) -> None:
    app = open_app(lines=asked)
    assert not app.exception
    assert "`lines=order:536365`" in app.warning[0].value


@pytest.mark.parametrize("asked", ["order:nope", "day:1999-01-01", "product:'; drop table x --"])
def test_lines_of_what_does_not_exist_are_none(open_app: Opened, asked: str) -> None:
    app = open_app(lines=asked)
    assert not app.exception
    assert app.info[0].value.startswith("There is no order line of ")


def test_what_is_drilled_into_reads_as_it_stands_in_the_url() -> None:
    for text in ("day:2024-05-09", "product:22423", "order:C536365"):
        assert str(Drill.parsed(text)) == text
    assert Drill.parsed("order:a:b") == Drill(Of.ORDER, "a:b")


def test_the_settings_of_the_shop_name_no_log(shop_watch: Watch) -> None:
    sources = shop_watch.settings.streams["orders"].source
    assert not any(Path(source).exists() for source in sources)
