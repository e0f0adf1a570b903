"""The page as it was after an earlier publication, and as a link that asks for none."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from lakehouse.catalog import open_catalog
from lakehouse.config import Settings
from lakehouse.query.published_watch import Watch
from lakehouse.tables.creation import ensure_table
from lakehouse.tables.ops import PUBLICATIONS, PUBLICATIONS_SCHEMA
from tests.apps import shop_marts
from tests.apps.conftest import Opened
from tests.apps.shop import Line

EARLIER = 300


def publish(settings: Settings, number: int) -> None:
    """Enter the marts as they are in the ledger of publications."""
    with open_catalog(settings) as catalog:
        ledger = ensure_table(catalog, PUBLICATIONS, PUBLICATIONS_SCHEMA)
        rows = []
        for namespace in ("core", "marketing", "reports"):
            for table in catalog.list_tables(namespace):
                snapshot = catalog.load_table(table).current_snapshot()
                assert snapshot is not None
                rows.append(
                    {
                        "publication_id": number,
                        "published_at": datetime.now(UTC),
                        "table_name": ".".join(table),
                        "snapshot_before": None,
                        "snapshot_id": snapshot.snapshot_id,
                        "row_count": 0,
                        "run": "a test",
                    }
                )
        ledger.append(pa.Table.from_pylist(rows, ledger.schema().as_arrow()))


@pytest.fixture(scope="module")
def twice_published(
    tmp_path_factory: pytest.TempPathFactory, lines: Sequence[Line], shop_settings: Settings
) -> Iterator[Watch]:
    """A watch on a lake that was published with the first lines, and then with all."""
    home = tmp_path_factory.mktemp("twice") / "lake"
    settings = shop_settings.model_copy(update={"home": home})
    for number, landed in ((1, lines[:EARLIER]), (2, lines)):
        shop_marts.build(settings, landed)
        publish(settings, number)
    with closing(Watch(settings)) as watch:
        watch.look()
        yield watch


def orders(lines: Sequence[Line]) -> str:
    return str(len({x.order_id for x in lines if x.sells}))


def customers(lines: Sequence[Line]) -> str:
    return str(len({x.customer_id for x in lines if x.sells and x.customer_id}))


def test_the_page_as_it_was(
    open_app: Opened, twice_published: Watch, lines: Sequence[Line]
) -> None:
    before, now = lines[:EARLIER], lines
    newest = open_app(twice_published, period="All")
    assert newest.metric[1].value == orders(now)
    options = newest.selectbox(key="as of").options
    assert [option.split(",")[0] for option in options] == [
        "The newest",
        "Publication 2",
        "Publication 1",
    ]

    earlier = open_app(twice_published, period="All", as_of="1")
    assert not earlier.exception
    assert earlier.metric[1].value == orders(before)
    assert f"{max(x.ordered_at for x in before):%H:%M}" in earlier.caption[0].value
    # What is read where it lies is of the same moment.
    drilled = open_app(twice_published, period="All", as_of="1", lines="product:22423")
    count = sum(x.product_id == "22423" for x in before)
    assert any(f"**{count:,} lines**" in m.value for m in drilled.markdown)
    assert open_app(twice_published, page="customers", period="All", as_of="1").metric[
        0
    ].value == customers(before)


def test_a_choice_goes_back_and_forth(
    open_app: Opened, twice_published: Watch, lines: Sequence[Line]
) -> None:
    app = open_app(twice_published, period="All")
    choice = app.selectbox(key="as of")
    choice.set_value(choice.options[2]).run()
    assert app.metric[1].value == orders(lines[:EARLIER])
    assert app.query_params["as_of"] == "1"
    app.selectbox(key="as of").set_value("The newest").run()
    assert app.metric[1].value == orders(lines)


@pytest.mark.parametrize("asked", ["3", "0", "-1", "now", "1.0", "9" * 40, "²", "' or 1=1"])
def test_a_publication_that_is_not_there_is_named(
    open_app: Opened, twice_published: Watch, asked: str, lines: Sequence[Line]
) -> None:
    app = open_app(twice_published, period="All", as_of=asked)
    assert not app.exception
    assert app.header[0].value.startswith("There is no publication ")
    assert "These can be opened: 1, 2." in app.markdown[0].value
    app.button[0].click().run()
    assert app.metric[1].value == orders(lines)


def test_a_lake_without_a_ledger_has_no_earlier_states(open_app: Opened) -> None:
    app = open_app(as_of="1")
    assert app.header[0].value == "There is no publication 1 to show"
    assert "No earlier state is kept" in app.markdown[0].value


@pytest.mark.parametrize("page", ["operations", "catalog", "sql"])
def test_a_page_of_now_says_so_to_who_asks_for_then(open_app: Opened, page: str) -> None:
    app = open_app(page=page, as_of="1")
    assert not app.exception
    assert "as_of" in app.info[0].value
    assert not open_app(page=page).info
