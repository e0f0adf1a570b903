"""Whatever is done to a table in whatever order, it holds what a dictionary would hold."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from lakehouse.tables.snapshots import find_snapshot, roll_back
from tests.unit.tables.maintenance.conftest import KEEPS_ALL, NOTHING_STAYS, Lake

GUARDED = NOTHING_STAYS.model_copy(update={"orphan_age": timedelta(days=1)})
IDS = st.integers(1, 12)
ORDERS = st.sampled_from(["name desc nulls first, id", "day, name", "id desc", "none"])
NAMES = st.sampled_from(["", "ä", "a'b", None, "x" * 40])
ROWS = st.dictionaries(IDS, NAMES, min_size=1, max_size=4)


def day_of(number: int) -> date:
    return date(2024, 1 + number % 3, 1 + number)


class TableMachine(RuleBasedStateMachine):
    """A table, and a dictionary by id that is changed in the same way."""

    def __init__(self, lake: Lake) -> None:
        super().__init__()
        self.lake = lake
        self.rows: dict[int, str | None] = {}
        self.history: dict[int, dict[int, str | None]] = {}

    @initialize()
    def create(self) -> None:
        if self.lake.catalog.table_exists("shop.law"):
            self.lake.sql("drop table lake.shop.law")
        self.lake.sql(
            "create table lake.shop.law (id bigint, day date, name varchar)"
            " partitioned by (month(day))"
        )

    @rule(rows=ROWS)
    def append(self, rows: dict[int, str | None]) -> None:
        fresh = {number: name for number, name in rows.items() if number not in self.rows}
        for number, name in fresh.items():
            self.change(
                "insert into lake.shop.law values (?, ?, ?)", [number, day_of(number), name]
            )
        self.keep(self.rows | fresh)

    @rule(numbers=st.sets(IDS, min_size=1, max_size=5))
    def delete(self, numbers: set[int]) -> None:
        self.change("delete from lake.shop.law where id = any(?)", [sorted(numbers)])
        self.keep({n: name for n, name in self.rows.items() if n not in numbers})

    @rule(rows=ROWS)
    def merge(self, rows: dict[int, str | None]) -> None:
        values = [[number, day_of(number), name] for number, name in rows.items()]
        for value in values:
            self.change(
                "merge into lake.shop.law as old using (select ?::bigint as id, ?::date as day,"
                " ?::varchar as name) as new on old.id = new.id"
                " when matched then update set name = new.name"
                " when not matched then insert values (new.id, new.day, new.name)",
                value,
            )
        self.keep(self.rows | rows)

    @rule(full=st.booleans())
    def compact(self, full: bool) -> None:
        self.maintain(full=full, expires=False)

    @rule(order=ORDERS)
    def sort(self, order: str) -> None:
        self.maintain(full=True, expires=False, sort_by=order)

    @rule()
    def expire(self) -> None:
        self.maintain(full=False, expires=True)

    @precondition(lambda self: len(self.history) > 1)
    @rule(place=st.integers(0, 100))
    def roll_back(self, place: int) -> None:
        table = self.lake.table("shop.law")
        left = [s.snapshot_id for s in table.metadata.snapshots if s.snapshot_id in self.history]
        current = table.metadata.current_snapshot_id
        known = {entry.snapshot_id for entry in table.metadata.snapshot_log}
        choices = [each for each in left if each != current and each in known]
        if choices:
            wanted = choices[place % len(choices)]
            roll_back(table, find_snapshot(table, str(wanted)))
            self.rows = dict(self.history[wanted])

    @invariant()
    def every_engine_reads_the_same(self) -> None:
        expected = sorted(repr((n, day_of(n), name)) for n, name in self.rows.items())
        if self.lake.catalog.table_exists("shop.law"):
            assert self.lake.rows("shop.law") == expected

    def change(self, statement: str, values: list[object]) -> None:
        self.lake.con.execute(statement, values)

    def maintain(self, *, full: bool, expires: bool, sort_by: str = "") -> None:
        settings = GUARDED if expires else KEEPS_ALL
        asked: dict[str, Any] = {"settings": settings, "full": full, "sort_by": sort_by}
        done = self.lake.maintain("shop.law", **asked)["shop.law"]
        assert done.error is None
        self.keep(self.rows)

    def keep(self, rows: dict[int, str | None]) -> None:
        self.rows = rows
        snapshot = self.lake.table("shop.law").metadata.current_snapshot_id
        if snapshot is not None:
            self.history[snapshot] = dict(rows)


@pytest.mark.parametrize(
    ("examples", "steps"), [(2, 6), pytest.param(60, 25, marks=pytest.mark.soak)]
)
def test_a_table_holds_what_a_dictionary_would(lake: Lake, examples: int, steps: int) -> None:
    machine: Callable[[], TableMachine] = lambda: TableMachine(lake)  # noqa: E731 - hypothesis calls it
    run_state_machine_as_test(
        machine,
        settings=hypothesis_settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
