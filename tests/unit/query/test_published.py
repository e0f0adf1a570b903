"""Which snapshots are published together, and that nobody ever sees others."""

import tempfile
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyiceberg.catalog import Catalog

from lakehouse.catalog import open_catalog
from lakehouse.config import Settings
from lakehouse.errors import CatalogError, MachineError
from lakehouse.query.published import Marts
from lakehouse.query.published_moment import (
    CALENDAR,
    REPORTS,
    SOURCE,
    Snapshot,
    UnpublishedError,
    newest_whole,
    version_of,
)
from lakehouse.query.published_watch import Condition, Watch

DAILY, PRODUCTS = REPORTS
START = datetime(2024, 1, 1, tzinfo=UTC)


def at(minute: int) -> Snapshot:
    """The snapshot that became current so many minutes after the start; its id says when."""
    return Snapshot(minute, START + timedelta(minutes=minute))


def ids(snapshots: Mapping[str, Snapshot]) -> dict[str, int]:
    return {table: snapshot.snapshot_id for table, snapshot in snapshots.items()}


def test_between_builds_the_newest_of_each_are_published() -> None:
    published, _ = newest_whole(
        [at(1), at(11)], {DAILY: [at(2), at(12)], PRODUCTS: [at(3), at(13)]}
    )
    assert ids(published) == {SOURCE: 11, DAILY: 12, PRODUCTS: 13}


@pytest.mark.parametrize(
    ("source", "daily"),
    [([1, 11], [2]), ([1, 11], [2, 12])],
    ids=["the source is rebuilt", "and the first report"],
)
def test_during_a_build_the_state_before_it_is_published(
    source: list[int], daily: list[int]
) -> None:
    reports = {DAILY: [at(m) for m in daily], PRODUCTS: [at(3)]}
    assert ids(newest_whole([at(m) for m in source], reports)[0]) == {
        SOURCE: 1,
        DAILY: 2,
        PRODUCTS: 3,
    }


def test_a_report_rebuilt_alone_is_published() -> None:
    published, _ = newest_whole([at(1)], {DAILY: [at(2), at(9)], PRODUCTS: [at(3)]})
    assert ids(published) == {SOURCE: 1, DAILY: 9, PRODUCTS: 3}


def test_after_a_build_that_stopped_half_way_the_state_before_it_stays() -> None:
    reports = {DAILY: [at(2), at(12), at(22)], PRODUCTS: [at(3)]}
    published, _ = newest_whole([at(1), at(11), at(21)], reports)
    assert ids(published) == {SOURCE: 1, DAILY: 2, PRODUCTS: 3}


def test_without_a_whole_state_the_reports_left_behind_are_named() -> None:
    with pytest.raises(UnpublishedError) as caught:
        newest_whole([at(11)], {DAILY: [at(12)], PRODUCTS: [at(3)]})
    assert caught.value.tables == (PRODUCTS,)


@given(st.lists(st.sampled_from([SOURCE, DAILY, PRODUCTS]), min_size=1, max_size=30))
def test_whatever_is_committed_in_whatever_order_the_published_belong_together(
    commits: list[str],
) -> None:
    histories: dict[str, list[Snapshot]] = {SOURCE: [], DAILY: [], PRODUCTS: []}
    built_from: dict[int, int] = {}  # report snapshot -> the source snapshot it was made of
    for minute, table in enumerate(commits):
        if table != SOURCE:
            built_from[minute] = histories[SOURCE][-1].snapshot_id if histories[SOURCE] else -1
        histories[table].append(at(minute))
    if not all(histories.values()):
        return
    source = histories.pop(SOURCE)
    try:
        published = ids(newest_whole(source, histories)[0])
    except UnpublishedError:
        made = [{built_from[s.snapshot_id] for s in history} for history in histories.values()]
        assert not set.intersection(*made) - {-1}
    else:
        assert built_from[published[DAILY]] == built_from[published[PRODUCTS]] == published[SOURCE]


def test_a_version_tells_sets_of_snapshots_apart() -> None:
    one, other = {DAILY: at(1), PRODUCTS: at(2)}, {PRODUCTS: at(2), DAILY: at(1)}
    assert version_of(one, {}) == version_of(other, {})
    assert version_of(one, {}) != version_of({DAILY: at(2), PRODUCTS: at(1)}, {})
    assert version_of(one, {"ml.runs": "a"}) != version_of(one, {"ml.runs": "b"})


def build(catalog: Catalog, generation: int) -> None:
    """Commit source and reports one after the other; every amount tells the generation."""
    amount = Decimal(generation)
    for table, rows in (
        (SOURCE, _source_rows(generation)),
        (CALENDAR, _calendar_rows(generation)),
        (DAILY, _report_rows(amount, ["gross_amount", "return_amount"], ["order_count"])),
        (PRODUCTS, _report_rows(amount, ["gross_amount", "return_amount"], [])),
    ):
        catalog.create_namespace_if_not_exists(table.split(".")[0])
        if catalog.table_exists(table):
            catalog.load_table(table).overwrite(rows)
        else:
            catalog.create_table(table, rows.schema).append(rows)


def _source_rows(generation: int) -> pa.Table:
    moments = [datetime(2000 + generation, 1, 1)]  # noqa: DTZ001 - logs carry no zone
    return pa.table({"ordered_at": pa.array(moments, pa.timestamp("us"))})


def _calendar_rows(generation: int) -> pa.Table:
    return pa.table(
        {"date_day": [date(2000 + generation, 1, 1)], "is_in_trading_period": [True]},
    )


def _report_rows(amount: Decimal, amounts: Sequence[str], counts: Sequence[str]) -> pa.Table:
    money = pa.array([amount], pa.decimal128(18, 4))
    return pa.table(
        {
            "order_date": pa.array([START.date()]),
            "country": ["France"],
            "product_id": ["22423"],
            "description": ["CAKESTAND"],
            "net_amount": money,
            **dict.fromkeys(amounts, money),
            **dict.fromkeys([*counts, "line_count", "unit_count"], pa.array([1])),
        }
    )


def generations(marts: Marts) -> tuple[int, int, int]:
    """The generation that each of the three tables tells."""
    (row,) = marts.query(
        """select (select max(year(ordered_at)) - 2000 from core.fct_order_lines) as source,
                  (select sum(net_amount) from reports.rpt_daily_sales)::int as daily,
                  (select sum(net_amount) from reports.rpt_daily_product_sales)::int as products"""
    ).to_pylist()
    return row["source"], row["daily"], row["products"]


def test_a_reader_never_sees_a_build_half_done(settings: Settings) -> None:
    last = 6
    with open_catalog(settings) as catalog:
        build(catalog, 1)
    watch = Watch(settings)
    watch.look()
    done = threading.Event()

    def keep_building() -> None:
        with open_catalog(settings) as catalog:
            for generation in range(2, last + 1):
                build(catalog, generation)
        done.set()

    builder = threading.Thread(target=keep_building)
    builder.start()
    seen = set()
    while not done.is_set():
        published = watch.look()
        assert published.condition is Condition.READY, published.error
        assert published.marts is not None
        seen.add(generations(published.marts))
    builder.join()

    assert all(len(set(state)) == 1 for state in seen), seen
    marts = watch.look().marts
    assert marts is not None
    assert generations(marts) == (last, last, last)


def test_a_state_that_is_held_outlives_the_snapshots_it_came_from(settings: Settings) -> None:
    with open_catalog(settings) as catalog:
        build(catalog, 1)
    watch = Watch(settings)
    held = watch.look().marts
    assert held is not None
    with open_catalog(settings) as catalog:
        build(catalog, 2)
    assert watch.look().marts is not held
    assert generations(held) == (1, 1, 1)


def test_an_unchanged_state_is_not_loaded_again(settings: Settings) -> None:
    with open_catalog(settings) as catalog:
        build(catalog, 1)
    watch = Watch(settings)
    assert watch.look().marts is watch.look().marts


def test_a_state_that_fails_to_load_leaves_the_old_one_in_place(settings: Settings) -> None:
    with open_catalog(settings) as catalog:
        build(catalog, 1)
        watch = Watch(settings)
        held = watch.look().marts
        build(catalog, 2)
        _lose_the_data_of(catalog, PRODUCTS)

    published = watch.look()
    assert published.condition is Condition.FAILED
    assert isinstance(published.error, CatalogError)
    assert published.error.hint
    assert published.marts is held

    with open_catalog(settings) as catalog:
        build(catalog, 3)
    published = watch.look()
    assert published.condition is Condition.READY
    assert published.marts is not None
    assert generations(published.marts) == (3, 3, 3)


def _lose_the_data_of(catalog: Catalog, name: str) -> None:
    table = catalog.load_table(name)
    for task in table.scan().plan_files():
        table.io.delete(task.file.file_path)


def test_what_every_page_asks_is_answered_without_the_lake(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = tmp_path / "a folder's %"
    copies.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(copies))
    with open_catalog(settings) as catalog:
        build(catalog, 1)
    marts = Watch(settings).look().marts
    assert marts is not None
    assert list(copies.iterdir()) == []  # the copy is open, and has no name any more

    (row,) = marts.query("select net_amount from reports.rpt_daily_sales").to_pylist()
    assert row == {"net_amount": Decimal(1)}
    assert marts.last_order_on(date(2001, 1, 1)) == datetime(2001, 1, 1)  # noqa: DTZ001
    assert marts.last_order_on(date(2001, 1, 2)) is None
    assert not _reaches_the_lake(marts)
    assert generations(marts) == (1, 1, 1)  # reads order lines
    assert _reaches_the_lake(marts)


def _reaches_the_lake(marts: Marts) -> bool:
    loaded = "select extension_name from duckdb_extensions() where loaded"
    return ("iceberg",) in marts.execute(loaded)


def test_without_a_place_for_the_copy_the_state_before_it_stays(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_catalog(settings) as catalog:
        build(catalog, 1)
        watch = Watch(settings)
        held = watch.look().marts
        build(catalog, 2)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    published = watch.look()
    assert published.condition is Condition.FAILED
    assert isinstance(published.error, MachineError)
    assert published.marts is held


def test_where_nothing_was_built_nothing_is_made(settings: Settings) -> None:
    published = Watch(settings).look()
    assert published.condition is Condition.NO_LAKE
    assert published.marts is None
    assert not settings.home.exists()


def test_the_tables_that_are_missing_are_named(settings: Settings) -> None:
    with open_catalog(settings) as catalog:
        catalog.create_namespace("reports")
        catalog.create_table(DAILY, _report_rows(Decimal(1), [], []).schema)
    published = Watch(settings).look()
    assert published.condition is Condition.NO_MARTS
    assert published.missing == (SOURCE, DAILY, PRODUCTS, CALENDAR)


def test_a_watch_notices_a_build_by_itself(settings: Settings) -> None:
    watch = Watch(settings)
    with watch.running(poll=0.01):
        assert watch.wait_for(lambda seen: seen.looked, 60).condition is Condition.NO_LAKE
        with open_catalog(settings) as catalog:
            build(catalog, 1)
        arrived = watch.wait_for(lambda seen: seen.marts is not None, 60)
    assert arrived.marts is not None
    assert generations(arrived.marts) == (1, 1, 1)


def test_a_damaged_catalog_is_told_and_not_raised(settings: Settings) -> None:
    settings.home.mkdir()
    (settings.home / "catalog.db").write_bytes(b"no database" * 100)
    published = Watch(settings).look()
    assert published.condition is Condition.FAILED
    assert published.error is not None
    assert "catalog.db" in published.error.message
