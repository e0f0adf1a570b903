"""The SQL workbench: what is asked, what comes back, and what goes wrong."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet
import pytest
from streamlit.testing.v1 import AppTest

from apps.bi import source
from apps.bi.workbench import routes
from lakehouse.config import Settings
from lakehouse.query.executions import State, open_archive
from lakehouse.query.executions.kept import place_of
from lakehouse.query.published_watch import Watch
from tests.apps import shop
from tests.apps.conftest import SCRIPT

BY_COUNTRY = """SELECT country, sum(net_amount) AS net FROM core.fct_order_lines
GROUP BY country ORDER BY net DESC"""

Workbench = Callable[..., AppTest]


@pytest.fixture(scope="module", autouse=True)
def sessions_end() -> Iterator[None]:
    yield
    source.desk().close()


@pytest.fixture
def workbench(shop_watch: Watch) -> Workbench:
    """Open the workbench under a URL with the given parameters."""

    def opened(watch: Watch = shop_watch, **parameters: str | list[str]) -> AppTest:
        source.provide(watch)
        app = AppTest.from_file(SCRIPT, default_timeout=60).run()
        app.switch_page("app_pages/workbench.py")
        for name, value in parameters.items():
            app.query_params[name] = value
        return app.run()

    return opened


def parameter(app: AppTest, name: str) -> str:
    """A parameter of the URL."""
    value = app.query_params[name]
    return value if isinstance(value, str) else value[-1]


def until(true: Callable[[], bool], seconds: float = 60) -> bool:
    """Whether it becomes true in time."""
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return true()


def ran(app: AppTest, button: str = "run") -> AppTest:
    """Press a button that runs the statement, and wait until it has ended."""
    app.button(key=button).click().run()
    with open_archive(source.watch().settings) as archive:
        ended = until(lambda: archive.execution(parameter(app, "execution")).state.ended)
    assert ended
    return app.run()


def codes(app: AppTest) -> list[str]:
    """What is shown as code, but for the link to share."""
    return [each.value for each in app.code if not each.value.startswith("sql?")]


def nets(lines: Sequence[shop.Line]) -> list[tuple[str, Decimal]]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        sums[line.country] += line.net
    return sorted(sums.items(), key=lambda pair: -pair[1])


def test_a_statement_is_answered_with_what_it_took(
    workbench: Workbench, lines: Sequence[shop.Line]
) -> None:
    app = ran(workbench(q=BY_COUNTRY))
    assert not app.exception
    rows = app.dataframe[0].value
    assert list(rows.itertuples(index=False, name=None)) == nets(lines)
    assert "**3 rows**" in app.markdown[0].value
    assert r"Athena would charge \$0.000048" in app.markdown[0].value  # 10 MB at $5 a terabyte


def test_a_link_shows_the_answer_without_running_it_again(workbench: Workbench) -> None:
    app = ran(workbench(q="SELECT 17 AS answer"))
    execution = parameter(app, "execution")
    again = workbench(execution=execution)
    assert again.dataframe[0].value["answer"].tolist() == [17]
    assert parameter(again, "execution") == execution


def test_values_for_question_marks_are_asked_for(
    workbench: Workbench, lines: Sequence[shop.Line]
) -> None:
    sql = "SELECT count(*) AS n FROM core.fct_order_lines WHERE country = ? AND quantity > ?"
    app = workbench(q=sql)
    assert [each.label for each in app.text_input if each.label.startswith("Value")] == [
        "Value 1",
        "Value 2",
    ]
    app.text_input(key="value_0").set_value("'Norway'")
    app.text_input(key="value_1").set_value("2")
    app = ran(app)
    expected = sum(line.country == "Norway" and line.quantity > 2 for line in lines)
    assert app.dataframe[0].value["n"].tolist() == [expected]


def test_an_error_has_athenas_code_and_marks_its_line(workbench: Workbench) -> None:
    app = ran(workbench(q="SELECT country,\n  nonsense\nFROM core.fct_order_lines"))
    assert app.error[0].proto.title == "COLUMN_NOT_FOUND"
    assert codes(app)[0] == "line 2:   nonsense\n          ^"
    assert not app.exception


@pytest.mark.parametrize(
    "sql", ["DROP TABLE core.fct_order_lines", "DELETE FROM core.fct_order_lines"]
)
def test_nothing_can_be_written(workbench: Workbench, shop_watch: Watch, sql: str) -> None:
    allowing = {
        "primary": shop_watch.settings.workgroup("primary").model_copy(update={"write": True})
    }
    watch = Watch(shop_watch.settings.model_copy(update={"workgroups": allowing}))
    watch.look()
    app = ran(workbench(watch, q=sql))
    assert app.error[0].proto.title == "PERMISSION_DENIED"


def test_explain_shows_the_plan(workbench: Workbench) -> None:
    app = ran(workbench(q=BY_COUNTRY), "explain")
    assert "fct_order_lines" in codes(app)[0]
    assert not app.exception


def test_many_rows_come_in_pages(workbench: Workbench) -> None:
    app = ran(workbench(q="SELECT x FROM UNNEST(sequence(1, 2500)) AS t(x)"))
    assert app.dataframe[0].value["x"].tolist() == list(range(1, 1001))
    assert any("Rows 1 to 1,000 of 2,500" in caption.value for caption in app.caption)


def test_a_link_to_nothing_says_so(workbench: Workbench) -> None:
    app = workbench(execution="nonsense")
    assert "nonsense" in app.warning[0].value
    assert not app.exception


def test_without_a_lake_the_command_is_named(workbench: Workbench, settings: Settings) -> None:
    watch = Watch(settings)
    watch.look()
    app = workbench(watch)
    assert [each.value for each in app.header] == ["Nothing has been built yet"]
    assert not app.exception


def test_format_lays_the_statement_out(workbench: Workbench) -> None:
    app = workbench(q="select 1 as one from core.fct_order_lines limit 1")
    app.button(key="format").click().run()
    app = ran(app)
    assert parameter(app, "q") == "SELECT 1 AS one\nFROM core.fct_order_lines\nLIMIT 1"
    assert app.dataframe[0].value["one"].tolist() == [1]


def test_a_query_is_saved_put_on_a_dashboard_and_opened_again(
    workbench: Workbench, shop_settings: Settings
) -> None:
    app = workbench(q="SELECT 23 AS n", shelf="Saved")
    app.text_input(key="save_name").set_value("twenty_three")
    app.text_input(key="save_description").set_value("A number")
    app.button(key="save").click().run()
    assert "twenty_three.sql" in app.success[0].value
    app = workbench(q="SELECT 1", shelf="Saved")
    app.button(key="open_twenty_three").click().run()
    app = ran(app)
    assert app.dataframe[0].value["n"].tolist() == [23]
    app.button(key="remove_twenty_three").click().run()
    assert not (shop_settings.home / "queries" / "saved" / "twenty_three.sql").exists()


def test_a_statement_that_runs_is_cancelled(workbench: Workbench) -> None:
    numbers = "UNNEST(sequence(1, 10000)) AS {0}({0})"
    endless = f"SELECT count(*) FROM {', '.join(numbers.format(n) for n in 'abc')} WHERE a*b*c = 7"
    app = workbench(q=endless)
    app.button(key="run").click().run()
    execution = parameter(app, "execution")
    cancel = next(button for button in app.button if button.label == "Cancel")
    cancel.click().run()
    assert until(lambda: source.desk().execution(execution).state is State.CANCELLED)
    app.run()
    assert app.error[0].proto.title == "Cancelled"


def test_a_whole_result_comes_as_a_file(workbench: Workbench) -> None:
    app = ran(workbench(q="SELECT x FROM UNNEST(sequence(1, 1500)) AS t(x)"))
    execution = parameter(app, "execution")
    settings = source.watch().settings
    csv = routes.file_of(settings, execution, "csv")
    assert Path(csv.path).read_text().splitlines() == ['"x"', *(f'"{n}"' for n in range(1, 1501))]
    parquet = routes.file_of(settings, execution, "parquet")
    assert pyarrow.parquet.read_table(parquet.path)["x"].to_pylist() == list(range(1, 1501))
    Path(parquet.path).unlink()


def test_values_of_every_type_are_shown(workbench: Workbench) -> None:
    sql = """SELECT 9007199254740993 AS big, 12 AS small, 12 AS small,
        DECIMAL '12345678901234567890.12' AS exact, nan() AS nan, X'00ff' AS bytes,
        ARRAY[1, 2] AS list, MAP(ARRAY['k'], ARRAY[1]) AS map,
        CAST(ROW(1, 'x') AS ROW(a int, b varchar)) AS r,
        DATE '9999-12-31' AS day, TIMESTAMP '0001-01-01 00:00:00' AS early,
        TIMESTAMP '2024-05-09 11:20:00 UTC' AS zoned, TIME '11:20' AS clock,
        INTERVAL '1' DAY AS span, CAST(NULL AS varchar) AS nothing, true AS yes"""
    app = ran(workbench(q=sql))
    assert not app.exception
    assert not app.error
    row = app.dataframe[0].value.iloc[0]
    assert row["big"] == "9007199254740993"  # a browser would round it
    assert (row["small"], row["small_1"]) == (12, 12)
    assert row["exact"] == Decimal("12345678901234567890.12")
    assert (row["bytes"], row["list"], row["map"]) == ("00 ff", "[1, 2]", "{k=1}")
    assert row["zoned"] == "2024-05-09 11:20:00.000 UTC"
    assert row["nothing"] is None


def test_an_answer_that_is_not_kept_any_more_says_so(workbench: Workbench) -> None:
    app = ran(workbench(q="SELECT 5 AS five"))
    place_of(source.desk().execution(parameter(app, "execution"))).remove()
    app.run()
    assert app.warning[0].proto.title == "The answer is gone"
    assert not app.exception
