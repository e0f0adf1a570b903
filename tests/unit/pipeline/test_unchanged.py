"""What a build leaves out, and what it never may."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from lakehouse.catalog import open_catalog
from lakehouse.config import Settings
from lakehouse.pipeline.unchanged import (
    Built,
    contents_of,
    project_fingerprint,
    read_built,
    write_built,
)
from lakehouse.query.manifest import Node


def node(name: str, kind: str, *parents: str, table: bool = True) -> Node:
    return Node(name, name, kind, parents, f"space.{name}" if table else None)


# Two sources; a mart of each, one over an ephemeral model; tests of one mart, of both.
NODES = (
    node("orders", "source"),
    node("visits", "source"),
    node("view", "model", "orders", table=False),
    node("sales", "model", "view"),
    node("sessions", "model", "visits"),
    node("sessions_have_keys", "test", "sessions", table=False),
    node("sessions_have_orders", "test", "sessions", "sales", table=False),
    node("visits_are_new", "test", "visits", table=False),
)
CONTENTS = {"space.orders": 1, "space.visits": 2, "space.sales": 3, "space.sessions": 4}
RAN = {"sales", "sessions", "sessions_have_keys", "sessions_have_orders", "visits_are_new"}
BUILT = Built("project", NODES, CONTENTS, frozenset(RAN))


def left_out(built: Built = BUILT, project: str = "project", **changes: int | None) -> set[str]:
    now = CONTENTS | {f"space.{name}": number for name, number in changes.items() if number}
    for name, number in changes.items():
        if number is None:
            del now[f"space.{name}"]
    return {each.name for each in built.unchanged(project, now)}


def test_where_nothing_changed_nothing_is_due() -> None:
    assert left_out() == RAN
    assert BUILT.due(BUILT.unchanged("project", CONTENTS)) == []


def test_another_project_is_built_whole() -> None:
    assert left_out(project="another") == set()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"orders": 9}, {"sessions", "sessions_have_keys", "visits_are_new"}),
        ({"visits": 9}, {"sales"}),
        ({"sales": 9}, {"sessions", "sessions_have_keys", "visits_are_new"}),
        ({"sales": None}, {"sessions", "sessions_have_keys", "visits_are_new"}),
        ({"sessions": 9}, {"sales", "visits_are_new"}),
    ],
    ids=["source", "other source", "a mart by other hands", "a mart dropped", "mart that is last"],
)
def test_what_depends_on_a_change_is_due(
    changes: dict[str, int | None], expected: set[str]
) -> None:
    assert left_out(**changes) == expected


def test_a_test_that_warned_warns_again() -> None:
    warned = replace(BUILT, good=BUILT.good - {"visits_are_new"})
    assert left_out(warned) == RAN - {"visits_are_new"}
    due = warned.due(warned.unchanged("project", CONTENTS))
    assert [each.name for each in due] == ["visits_are_new"]


def test_a_test_that_passed_is_asked_by_what_it_asked_then() -> None:
    asked = replace(BUILT, checks={"sessions_have_keys": "select 1", "visits_are_new": ""})
    due = asked.due(asked.unchanged("project", CONTENTS | {"space.visits": 9}))
    assert asked.asked_again(due, CONTENTS) == {"sessions_have_keys": "select 1"}
    assert asked.asked_again([], CONTENTS) == {}


def test_only_a_test_whose_rows_are_kept_is_left_to_dbt() -> None:
    kept, other = (replace(each, failures=f"audit.{each.name}") for each in NODES[5:7])
    asked = replace(BUILT, checks={kept.name: "select 1", other.name: "select 2"})
    contents = CONTENTS | {f"audit.{kept.name}": 9}
    assert asked.asked_again([kept, other], contents) == {other.name: "select 2"}


def test_a_note_is_read_as_it_was_written(tmp_path: Path) -> None:
    built = replace(BUILT, checks={"sessions_have_keys": "select 1"})
    write_built(tmp_path / "built.json", built)
    assert read_built(tmp_path / "built.json") == built


@pytest.mark.parametrize("content", [None, "", "{}", "[]", '{"project": 1, "nodes": [{}]}'])
def test_a_note_that_is_none_costs_a_build(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "built.json").write_text(content)
    assert read_built(tmp_path / "built.json") is None


def test_the_project_is_its_files_and_nothing_that_dbt_writes(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "a.sql").write_text("select 1")
    before = project_fingerprint(tmp_path)
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "a.sql").write_text("select 1")
    assert project_fingerprint(tmp_path) == before
    (tmp_path / "models" / "a.sql").write_text("select 2")
    changed = project_fingerprint(tmp_path)
    (tmp_path / "models" / "a.sql").rename(tmp_path / "models" / "b.sql")
    assert len({before, changed, project_fingerprint(tmp_path)}) == 3


def test_content_changes_with_a_commit_and_goes_with_the_table(settings: Settings) -> None:
    rows = pa.table({"a": [1]})
    with open_catalog(settings) as catalog:
        catalog.create_namespace("space")
        table = catalog.create_table("space.a", rows.schema)
        assert contents_of(catalog) == {}
        table.append(rows)
        first = contents_of(catalog)
        table.append(rows)
        second = contents_of(catalog)
        catalog.drop_table("space.a")
        assert contents_of(catalog) == {}
    assert list(first) == list(second) == ["space.a"]
    assert first != second
