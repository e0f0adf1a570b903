"""The state of the lakehouse in figures: what the operations page shows at its top."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from apps.bi import alarms, wording
from apps.bi.alarms import Alarm
from apps.bi.kpis import Kpi
from apps.bi.queries import operations
from apps.bi.queries.operations import Ask, Stream
from apps.bi.statement import Answer
from lakehouse.catalog.statistics import TableStatistics
from lakehouse.config import Settings
from lakehouse.query import lake_tables
from lakehouse.query.build_notes import BuildNote, builds_noted

# When somebody is alarmed, by what the URL says; the first of each is the usual one.
HOURS = {
    "24": "Stale after a day",
    "1": "Stale after an hour",
    "6": "Stale after 6 hours",
    "168": "Stale after a week",
}
PER_MILLE = {
    "10": "Rejects above 1%",
    "1": "Rejects above 0.1%",
    "50": "Rejects above 5%",
    "0": "Any reject",
}


@dataclass(frozen=True)
class Health:
    """What is known of the lakehouse at a moment."""

    now: datetime
    asked: Answer
    streams: Sequence[Stream]
    builds: Sequence[BuildNote]
    tables: Sequence[TableStatistics]
    alarms: Sequence[Alarm]

    @property
    def sentence(self) -> str:
        """The answer to the page's question, in Markdown."""
        return alarms.sentence(self.streams, list(self.alarms), self.now)


def health(
    settings: Settings,
    ask: Ask,
    stale: str | None,
    rejects: str | None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Health:
    """The state now; `stale` is one of HOURS, `rejects` one of PER_MILLE, or the usual."""
    hours, per_mille = stale or next(iter(HOURS)), rejects or next(iter(PER_MILLE))
    limits = alarms.Limits(timedelta(hours=int(hours)), Decimal(per_mille) / 1000)
    now, builds = clock(), builds_noted(settings.home)
    asked, streams = operations.streams(ask)
    found = alarms.alarms(streams, builds, limits, now)
    return Health(now, asked, streams, builds, lake_tables.sizes(settings), found)


def figures(of: Health) -> list[Kpi]:
    """How fresh, how clean, how well built and how large."""
    return [_last_delivery(of), _rejected(of), _tests(of), _files(of)]


def _last_delivery(of: Health) -> Kpi:
    last = max((each.last_at for each in of.streams), default=None)
    return Kpi(
        "Last delivery",
        wording.DASH if last is None else alarms.ago(of.now - last),
        None,
        None if last is None else f"{wording.day(last.date())}, {wording.clock(last)} UTC",
        [],
        "When the newest delivery of any stream was committed. An alert on it counts hours.",
        less_is_better=True,
        figure=None
        if last is None
        else (Decimal((of.now - last).total_seconds()) / 3600).quantize(Decimal("0.01")),
    )


def _rejected(of: Health) -> Kpi:
    lines = sum(each.lines for each in of.streams)
    rejected = sum(each.rejected for each in of.streams)
    return Kpi(
        "Rejected",
        wording.percent(Decimal(rejected) / lines) if lines else wording.DASH,
        None,
        f"{rejected:,} of {lines:,} lines",
        [],
        "The lines that could not be read as orders, of all that were ever read.",
        less_is_better=True,
        figure=Decimal(rejected) / lines * 100 if lines else None,
    )


def _tests(of: Health) -> Kpi:
    tests = of.builds[0].of("test") if of.builds else []
    good = sum(test.good for test in tests)
    return Kpi(
        "Tests passed",
        f"{good:,} of {len(tests):,}" if tests else wording.DASH,
        None,
        "in the last build",
        [],
        "dbt's tests of the marts. An alert on it counts percent.",
        figure=Decimal(good) / len(tests) * 100 if tests else None,
    )


def _files(of: Health) -> Kpi:
    files = sum(each.files for each in of.tables)
    return Kpi(
        "Files",
        f"{files:,}",
        None,
        f"{sum(each.snapshots for each in of.tables):,} snapshots of {len(of.tables):,} tables",
        [],
        "Data files of all tables. Maintenance keeps them few.",
        less_is_better=True,
        figure=Decimal(files),
    )
