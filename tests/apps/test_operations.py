"""The operations page against deliveries that are written here, counted in plain Python."""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from apps.bi import alarms
from apps.bi.alarms import Limits
from apps.bi.bulletins.answering import answers
from apps.bi.queries import operations
from apps.bi.queries.operations import Stream
from apps.bi.statement import Answer, Statement
from lakehouse.athena.results import readable
from lakehouse.athena.session import open_athena
from lakehouse.catalog import open_catalog
from lakehouse.config import Settings, load_settings
from lakehouse.notices.asking import Question
from lakehouse.notices.definitions import Alert, Report
from lakehouse.query.build_notes import KEPT, BuildNote, NodeNote, builds_noted, note_build
from lakehouse.query.operations import open_operations
from lakehouse.query.published_watch import Watch
from lakehouse.tables import landing, ops
from tests.apps.conftest import Opened
from tests.apps.test_customers import metrics, sentence

Row = dict[str, Any]

NOW = datetime.now(UTC)
LIMITS = Limits(timedelta(hours=24), Decimal("0.01"))


def delivery(
    stream: str, sequence: int, at: datetime, landed: int, rejected: int
) -> dict[str, Any]:
    return {
        "stream": stream,
        "sequence": sequence,
        "committed_at": at,
        "lines": landed + rejected,
        "landed": landed,
        "rejected": rejected,
        "dropped": 0,
        "lag_bytes": 1000 * sequence,
    }


DELIVERIES = [
    delivery("orders", 1, NOW - timedelta(days=5), 900, 100),
    delivery("orders", 2, NOW - timedelta(days=3), 1000, 0),
    delivery("web", 1, NOW - timedelta(minutes=5), 500, 0),
]


@pytest.fixture(scope="module")
def operated(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A lake without marts that has landed, published and put in order."""
    settings = load_settings(folder=tmp_path_factory.mktemp("operated"), environment={})
    rejects = [
        {
            "stream": "orders",
            "record_id": n,
            "source_file": "a",
            "source_line": n,
            "ingest_seq": 1,
            "reason": "bad price" if n <= 60 else "bad date",
            "detail": "",
            "raw": "",
        }
        for n in range(1, 101)
    ]
    published = [
        {
            "publication_id": number,
            "published_at": NOW,
            "table_name": f"core.t{table}",
            "snapshot_id": 1,
            "row_count": 10 * table,
            "run": "r",
        }
        for number, tables in ((1, 3), (2, 1))
        for table in range(1, tables + 1)
    ]
    with open_catalog(settings) as catalog:
        for name, schema, rows in (
            (ops.DELIVERIES, ops.DELIVERIES_SCHEMA, DELIVERIES),
            (landing.REJECTS, landing.REJECTS_SCHEMA, rejects),
            (ops.PUBLICATIONS, ops.PUBLICATIONS_SCHEMA, published),
        ):
            catalog.create_namespace_if_not_exists(name[0])
            table = catalog.create_table(name, schema)
            table.append(pa.Table.from_pylist(rows, table.schema().as_arrow()))
    return settings


@pytest.fixture
def watch(operated: Settings) -> Iterator[Watch]:
    with closing(Watch(operated)) as watch:
        watch.look()
        yield watch


def test_deliveries_are_added_up_on_a_lake_without_marts(open_app: Opened, watch: Watch) -> None:
    app = open_app(watch, page="operations")
    assert not app.exception
    told = re.search(
        r"The last delivery came \*\*(\d+) minutes ago\*\*; \*\*2,400\*\* of 2,500 lines landed",
        sentence(app),
    )
    assert told
    assert int(told[1]) >= 5  # or more, on a slow machine
    assert "100 (4.0%) were rejected" in sentence(app)
    assert metrics(app)["Rejected"] == "4.0%"
    streams, reasons, publications = (app.dataframe[n].value for n in range(3))
    assert list(streams["stream"]) == ["orders", "web"]
    assert list(streams["landed"]) == [1900, 500]
    assert list(streams["lag"]) == ["2.0 kB", "1.0 kB"]
    assert list(zip(reasons["reason"], reasons["lines"], strict=True)) == [
        ("bad price", 60),
        ("bad date", 40),
    ]
    assert list(publications["publication_id"]) == [2, 1]
    assert list(publications["row_count"]) == [10, 60]
    assert "`lakehouse build` does" in "".join(m.value for m in app.markdown)


def test_the_page_is_sent_and_its_figures_are_watched_without_marts(
    open_app: Opened, watch: Watch
) -> None:
    common: dict[str, Any] = {"to": ("a@example.com",), "filters": {"stale": 168}}
    names = ("last_delivery", "rejected", "tests_passed", "files")
    asked = [Question(report=Report(page="operations", schedule="@daily", **common))]
    asked += [
        Question(alert=Alert.model_validate(watched | common))
        for watched in (
            {"kpi": f"operations.{name}", "condition": "above", "threshold": 1} for name in names
        )
    ]
    sent, *watched = answers(watch.settings, asked)
    app = open_app(watch, page="operations", stale="168")
    assert sent.page is not None, sent.refusal
    assert "**1 alarm**: rejects above 1.0%" in sent.page.sentence
    assert sent.page.sentence.partition(";")[2] == sentence(app).partition(";")[2]
    assert [each.label for each in sent.page.figures] == [each.label for each in app.metric]
    assert [each.title for each in sent.page.sheets][:2] == ["Alarms", "Deliveries"]
    assert sent.page.moment.version is None
    assert sent.page.moment.path == "operations?stale=168"
    found = [each.measured.figure.value for each in watched if each.measured]
    hours, rejected, tests, files = found
    assert hours is not None
    assert Decimal("0.08") <= hours < 1  # five minutes, or more on a slow machine
    assert rejected == 4
    assert tests is None
    assert files == sum(app.dataframe[3].value["files"])


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, ["Stale", "Rejects above 1.0%"]),
        ({"stale": "168"}, ["Rejects above 1.0%"]),
        ({"stale": "168", "rejects": "50"}, []),
        ({"stale": "nonsense", "rejects": "-3"}, ["Stale", "Rejects above 1.0%"]),
    ],
)
def test_alarms_have_names_and_limits_in_the_url(
    open_app: Opened, watch: Watch, asked: dict[str, str], names: list[str]
) -> None:
    app = open_app(watch, page="operations", **asked)
    assert not app.exception
    assert len(app.error) == len(names)
    for name, error in zip(names, app.error, strict=True):
        assert "orders" in error.value
        assert name.lower() in sentence(app)
    if not names:
        assert "nothing is wrong" in sentence(app)


def test_a_lake_without_anything_names_the_commands(open_app: Opened, settings: Settings) -> None:
    watch = Watch(settings)
    watch.look()
    assert open_app(watch, page="operations").header[0].value == "Nothing has been built yet"
    open_catalog(settings).create_namespace("landing")
    watch.look()
    app = open_app(watch, page="operations")
    assert not app.exception
    assert "No stream has delivered yet; nothing is wrong." in sentence(app)
    told = "".join(m.value for m in app.markdown)
    assert "`lakehouse ingest`" in told
    assert "`lakehouse build`" in told


def test_the_sql_of_the_cards_is_answered(operated: Settings) -> None:
    with open_operations(operated) as tables, open_athena(operated) as workbench:

        def ask(statement: Statement) -> Answer:
            return Answer(statement, tables.query(statement.sql))

        for asked in (operations.streams, operations.rejects, operations.publications):
            answer: Answer = asked(ask)[0]
            result = readable(*workbench.run(answer.statement.text))
            rows = [tuple(row.values()) for page in result.pages() for row in page.to_pylist()]
            assert rows == [tuple(row.values()) for row in answer.table.to_pylist()]


def test_a_build_that_failed_is_an_alarm_until_one_is_good() -> None:
    good = NodeNote("fct_orders", "model", "success", 1.0, "")
    bad = NodeNote("orders_have_keys", "test", "fail", 0.1, "Got 3 results")
    skipped = NodeNote("rpt", "model", "skipped", 0.0, "")
    failed, passed = BuildNote(NOW, (good, bad, skipped)), BuildNote(NOW, (good,))
    (alarm,) = alarms.alarms([], [failed, passed], LIMITS, NOW)
    assert alarm.name == "Build failed"
    assert "1 failed in the last build: `orders_have_keys`" in alarm.told
    assert alarms.alarms([], [passed, failed], LIMITS, NOW) == []


def test_limits_hold_up_to_themselves() -> None:
    stream = Stream("orders", 1, NOW - timedelta(hours=24), 100, 99, 1, 0, None)
    assert alarms.alarms([stream], [], LIMITS, NOW) == []
    assert len(alarms.alarms([stream], [], LIMITS, NOW + timedelta(seconds=1))) == 1


@pytest.mark.parametrize(
    ("age", "told"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
        (timedelta(days=1200), "1,200 days ago"),
    ],
)
def test_ages_read_in_one_unit(age: timedelta, told: str) -> None:
    assert alarms.ago(age) == told


def test_the_last_builds_are_noted(tmp_path: Path) -> None:
    assert builds_noted(tmp_path) == []
    note_build(tmp_path, NOW, [])  # dbt has made no folder: nothing to write to
    assert builds_noted(tmp_path) == []
    (tmp_path / "dbt").mkdir()
    nodes = [
        NodeNote("a", "model", "success", 1.0, "ok"),
        NodeNote("b", "test", "fail", 2.0, "3"),
        NodeNote("page", "exposure", "no-op", 0.0, "NO-OP"),
    ]
    for number in range(KEPT + 2):
        note_build(tmp_path, NOW + timedelta(minutes=number), nodes)
    found = builds_noted(tmp_path)
    assert [each.ended_at for each in found] == [
        NOW + timedelta(minutes=number) for number in range(KEPT + 1, 1, -1)
    ]
    assert [n.good for n in found[0].nodes] == [True, False, True]
    assert [(n.name, n.message) for n in found[0].nodes] == [("a", ""), ("b", "3"), ("page", "")]
    for damaged in ("{", "[1]", '{"a": 1}'):
        (tmp_path / "dbt" / "builds.json").write_text(damaged)
        assert builds_noted(tmp_path) == []
