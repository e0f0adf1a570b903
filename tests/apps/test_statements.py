"""A card's SQL: its text is what was asked, and the workbench answers it with the same rows."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from apps.bi.card import as_csv, as_parquet, pinned, workbench_url
from apps.bi.filters import Filters
from apps.bi.periods import Comparison, Period
from apps.bi.statement import Statement
from lakehouse.athena.results import readable
from lakehouse.athena.session import AthenaSession, open_athena
from lakehouse.config import Settings
from lakehouse.query.published_watch import Watch
from tests.apps.asking import ask_everything, asker
from tests.apps.shop import LAST

MONTH = Period(LAST - timedelta(27), LAST)
EVERYTHING = Filters(MONTH, Comparison.PREVIOUS, MONTH.shifted(-28))
NARROWED = Filters(
    MONTH, Comparison.PREVIOUS, MONTH.shifted(-28), "United Kingdom", "Champions", "£1 to £2"
)


@pytest.fixture(scope="module")
def workbench(shop_settings: Settings) -> Iterator[AthenaSession]:
    with open_athena(shop_settings) as session:
        yield session


@pytest.mark.parametrize("chosen", [EVERYTHING, NARROWED], ids=["everything", "narrowed"])
@pytest.mark.parametrize("at_snapshots", [False, True], ids=["newest", "pinned"])
def test_the_workbench_answers_with_the_rows_of_the_card(
    workbench: AthenaSession, shop_watch: Watch, chosen: Filters, *, at_snapshots: bool
) -> None:
    marts = shop_watch.published.marts
    assert marts is not None
    snapshots = {t: s.snapshot_id for t, s in marts.moment.snapshots.items()}
    for answer in ask_everything(asker(marts), chosen, "10003", "22423"):
        text = answer.statement.text
        result = readable(*workbench.run(pinned(text, snapshots if at_snapshots else {})))
        rows = [tuple(row.values()) for page in result.pages() for row in page.to_pylist()]
        expected = [tuple(row.values()) for row in answer.table.to_pylist()]
        assert sorted(map(repr, rows)) == sorted(map(repr, expected)), text


def test_values_stand_in_the_text_as_literals() -> None:
    statement = Statement(
        "select $name, $day, $at, $price, $count, $flag, $nothing",
        {
            "name": "O'Neill; drop table x --",
            "day": date(2011, 12, 9),
            "at": datetime(2011, 12, 9, 12, 50),  # noqa: DTZ001 - logs carry no zone
            "price": Decimal("1.25"),
            "count": 3,
            "flag": True,
            "nothing": None,
            "unused": "never named",
        },
    )
    assert statement.text == (
        "select 'O''Neill; drop table x --', date '2011-12-09', timestamp '2011-12-09 12:50:00', "
        "1.25, 3, true, null"
    )
    assert "unused" not in statement.parameters


def test_a_pinned_statement_names_its_snapshots_and_nothing_else() -> None:
    sql = "select 1 from core.a as x\njoin core.b on core.b.i = x.i join ml.c using (i)"
    assert pinned(sql, {"core.a": 5, "core.b": 7}) == (
        "select 1 from core.a for version as of 5 as x\n"
        "join core.b for version as of 7 on core.b.i = x.i join ml.c using (i)"
    )


def test_the_link_to_the_workbench_carries_any_statement() -> None:
    assert workbench_url("select '100% & #1' = 'é'\n") == (
        "sql?q=select%20%27100%25%20%26%20%231%27%20%3D%20%27%C3%A9%27%0A"
    )


def test_the_files_hold_the_rows(shop_watch: Watch) -> None:
    import io

    import pyarrow.csv
    import pyarrow.parquet

    marts = shop_watch.published.marts
    assert marts is not None
    table = marts.query("select country, order_count, order_date from reports.rpt_daily_sales")
    assert pyarrow.parquet.read_table(io.BytesIO(as_parquet(table))).equals(table)
    read = pyarrow.csv.read_csv(io.BytesIO(as_csv(table)))
    assert read["country"].to_pylist() == table["country"].to_pylist()
    assert read["order_count"].to_pylist() == table["order_count"].to_pylist()
