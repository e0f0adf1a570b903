"""Saved dashboards: files that become pages."""

import shutil
import tomllib
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from apps.bi import source
from apps.bi.bulletins.answering import answers
from apps.bi.dashboards import files, listed, telling
from apps.bi.dashboards.files import Card, Show
from lakehouse.config import Settings
from lakehouse.errors import ConfigError
from lakehouse.notices.asking import Question
from lakehouse.notices.definitions import Report
from lakehouse.query.executions.saved import SavedQueries, SavedQuery
from tests.apps import shop
from tests.apps.conftest import Opened
from tests.apps.test_customers import sentence

BOARD = """
title = "Abroad"
question = "Where do we sell?"

[[cards]]
query = "lines_of"
title = "Lines"
show = "figure"
values = ["'Norway'"]

[[cards]]
query = "net_by_country"
show = "bar"
x = "country"
y = ["net"]

[[cards]]
query = "net_by_country"
title = "As rows"

[[cards]]
query = "gone"
title = "Not there"

[[cards]]
query = "net_by_country"
title = "No such column"
show = "line"
y = ["gross"]
"""


@pytest.fixture(scope="module")
def queries(shop_settings: Settings) -> Iterator[SavedQueries]:
    saved = SavedQueries(shop_settings.home / "queries" / "saved")
    saved.save(
        SavedQuery("lines_of", "SELECT count(*) AS n FROM core.fct_order_lines WHERE country = ?")
    )
    saved.save(
        SavedQuery(
            "net_by_country",
            "SELECT country, sum(net_amount) AS net FROM core.fct_order_lines "
            "GROUP BY country ORDER BY net DESC",
        )
    )
    yield saved
    for name in ("lines_of", "net_by_country"):
        saved.remove(name)
    source.desk().close()


@pytest.fixture
def folder(shop_settings: Settings) -> Iterator[Path]:
    """The folder of the dashboards, empty, and gone afterwards."""
    made = shop_settings.home / "dashboards"
    made.mkdir()
    yield made
    shutil.rmtree(made)


def first_board(open_app: Opened) -> AppTest:
    """Go to the first dashboard of the navigation."""
    app = open_app()
    app.switch_page("app_pages/dashboard.py")
    return app.run()


def test_its_cards_show_what_the_saved_queries_answer(
    open_app: Opened, queries: SavedQueries, folder: Path, lines: Sequence[shop.Line]
) -> None:
    (folder / "abroad.toml").write_text(BOARD)
    app = first_board(open_app)
    assert not app.exception
    assert app.title[0].value == "Abroad"
    norway = sum(line.country == "Norway" for line in lines)
    assert app.metric[0].value == str(norway)
    net = {c: Decimal(0) for c in ("United Kingdom", "France", "Norway")}
    for line in lines:
        net[line.country] += line.net
    rows = app.dataframe[0].value
    assert dict(rows.itertuples(index=False, name=None)) == net
    assert "there is no saved query 'gone'" in app.error[0].value.replace("\\", "").lower()
    assert "no column `gross`" in app.warning[0].value
    assert len(app.get("echarts_chart")) == 1
    app.session_state["menu_abroad_1"] = True
    app.run()
    assert "GROUP BY country" in app.code[0].value
    links = [each.proto.url for each in app.get("link_button")]
    assert [url.rpartition(".")[2] for url in links[1:]] == ["csv", "parquet"]


def test_a_report_brings_its_cards_and_a_card_that_fails_is_told(
    open_app: Opened, shop_settings: Settings, queries: SavedQueries, folder: Path
) -> None:
    good, *_ = BOARD.split('[[cards]]\nquery = "gone"')
    (folder / "abroad.toml").write_text(BOARD)
    (folder / "good.toml").write_text(good)
    wanted = {"schedule": "@daily", "to": ("a@example.com",)}
    asked = [
        Question(report=Report.model_validate({"page": page, **wanted}))
        for page in ("dashboard-good", "dashboard-abroad", "dashboard-god")
    ]
    found, failing, unknown = answers(shop_settings, asked)
    assert found.page is not None, found.refusal
    app = first_board(open_app)
    assert sentence(app).endswith(found.page.sentence)
    assert [(each.label, each.text) for each in found.page.figures] == [
        ("Lines", app.metric[0].value)
    ]
    bars, rows = found.page.sheets
    assert (bars.title, rows.title) == ("net_by_country", "As rows")
    net = [f"{value:,}" for value in app.dataframe[0].value["net"]]
    assert [row[1] for row in rows.rows] == net
    assert bars.csv.splitlines()[0] == '"country","net"'
    for refused, code, says in ((failing, 5, "'gone'"), (unknown, 2, "'dashboard-god'")):
        assert refused.refusal is not None
        assert refused.refusal.exit_code == code
        assert says in refused.refusal.message
    assert unknown.refusal is not None
    assert "dashboard-good" in unknown.refusal.hint


@pytest.mark.parametrize(
    ("card", "count", "says"),
    [
        (Card(query="q"), 3, "Of 3 in **Name**, **b** has the highest n: **1,234.50**."),
        (Card(query="q", y=("m",)), 3, "Of 3 in **Name**, **c** has the highest m: **3**."),
        (Card(query="q", show=Show.FIGURE), 3, "**Name**: n is **1.00**."),
        # Beyond the rows that are there may be a higher one.
        (Card(query="q"), 2000, "**Name** has **2,000 rows**."),
        (Card(query="q"), 0, "**Name** has no row."),
    ],
)
def test_a_card_is_told_in_a_sentence(card: Card, count: int, says: str) -> None:
    numbers = [Decimal("1"), Decimal("1234.50"), None]
    rows = pa.table({"a": ["a", "b", "c"], "n": numbers, "m": [1, 2, 3]})
    assert telling.told(card, "Name", rows, count) == says


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("title = ", "is not TOML: Invalid value (at end of document)"),
        ('titel = "x"', "unknown key 'titel'"),
        ("", "'title' is missing"),
        ('title = "x"\n[[cards]]\ntitle = "y"', "'card 1 query' is missing"),
        (
            'title = "x"\n[[cards]]\nquery = "y"\nshow = "pie"',
            "'card 1 show': input should be 'bar', 'line', 'table' or 'figure'",
        ),
    ],
)
def test_a_bad_file_is_named_with_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "dashboards" / "bad.toml"
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        files.read(tmp_path, "bad")
    assert str(file) in caught.value.message
    assert reason in caught.value.message
    assert [page.title for page in listed.pages(tmp_path).values()] == ["bad"]


def test_the_page_of_a_bad_file_tells_why(open_app: Opened, folder: Path) -> None:
    (folder / "bad.toml").write_bytes(b"\xff")
    app = first_board(open_app)
    assert "is not UTF\\-8 text" in app.error[0].value
    assert not app.exception


def test_names_become_pages_of_their_own(tmp_path: Path) -> None:
    folder = tmp_path / "dashboards"
    folder.mkdir()
    for name in ("a b", "a-b", "Wärme", ".hidden"):
        (folder / f"{name}.toml").write_text('title = "x"')
    paths = [page.path for page in listed.pages(tmp_path).values()]
    assert len(set(paths)) == len(paths) == 3
    assert all(path.isascii() and " " not in path for path in paths)


def test_a_card_is_added_and_the_file_keeps_its_comments(tmp_path: Path) -> None:
    tricky = 'it\'s "50%" \\ of\u00e4 \x7f'
    files.add(tmp_path, "mine", Card(query="a", title=tricky, show=Show.BAR, y=("n", "m")))
    file = tmp_path / "dashboards" / "mine.toml"
    file.write_text(f"# reviewed\n{file.read_text()}")
    files.add(tmp_path, "mine", Card(query="b", values=("'x'",)))
    found = tomllib.loads(file.read_text())
    assert file.read_text().startswith("# reviewed\n")
    assert found["title"] == "Mine"
    assert found["cards"] == [
        {"query": "a", "title": tricky, "show": "bar", "y": ["n", "m"]},
        {"query": "b", "show": "table", "values": ["'x'"]},
    ]


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "x" * 65])
def test_a_name_that_makes_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="is no name of a dashboard"):
        files.add(tmp_path, name, Card(query="a"))
    assert not (tmp_path / "dashboards").exists()
