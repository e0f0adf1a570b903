"""Operations: is the lakehouse fresh, clean and in order?"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import streamlit as st

from apps.bi import alarms, choices, notices_card, operations_cards, states, wording
from apps.bi.queries import operations
from apps.bi.statement import Answer, Statement
from apps.bi.view import lake_view
from lakehouse.query import lake_tables
from lakehouse.query.build_notes import builds_noted
from lakehouse.query.operations import open_operations
from lakehouse.query.published_watch import Condition

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

this = lake_view()
if this.published.condition is Condition.NO_LAKE:
    states.no_lake(this.settings)
    st.stop()
with st.container(horizontal=True, gap="small"):
    hours = choices.choice("stale", "Stale after", HOURS, width=220)
    per_mille = choices.choice("rejects", "Rejects above", PER_MILLE, width=220)
if hours is None or per_mille is None:
    st.warning("This link asks for a limit that there is none of; the usual ones hold.")
limits = alarms.Limits(timedelta(hours=int(hours or 24)), Decimal(per_mille or 10) / 1000)
now = datetime.now(UTC)
builds = builds_noted(this.settings.home)

with open_operations(this.settings) as about_itself:

    def ask(statement: Statement) -> Answer:
        """What the tables about the lakehouse answer."""
        return Answer(statement, about_itself.query(statement.sql, statement.parameters))

    asked, streams = operations.streams(ask)
    found = alarms.alarms(streams, builds, limits, now)
    this.say(alarms.sentence(streams, found, now))
    for alarm in found:
        st.error(alarm.told, title=alarm.name, icon=":material/notifications_active:")

    sizes = lake_tables.sizes(this.settings)
    tests = builds[0].of("test") if builds else []
    last = max((each.last_at for each in streams), default=None)
    lines = sum(each.lines for each in streams)
    rejected = sum(each.rejected for each in streams)
    with st.grid(4, min_column_width=150, gap="small"):
        for label, value, below in (
            (
                "Last delivery",
                wording.DASH if last is None else alarms.ago(now - last),
                None if last is None else f"{wording.day(last.date())}, {wording.clock(last)} UTC",
            ),
            (
                "Rejected",
                wording.percent(Decimal(rejected) / lines) if lines else wording.DASH,
                f"{rejected:,} of {lines:,} lines",
            ),
            (
                "Tests passed",
                f"{sum(t.good for t in tests):,} of {len(tests):,}" if tests else wording.DASH,
                "in the last build",
            ),
            (
                "Files",
                f"{sum(each.files for each in sizes):,}",
                f"{sum(each.snapshots for each in sizes):,} snapshots of {len(sizes):,} tables",
            ),
        ):
            with st.container(border=True):
                st.metric(label, value, delta_description=below)

    left, right = st.columns([3, 2])
    with left:
        operations_cards.streams(this, asked, streams)
    with right:
        operations_cards.rejects(this, ask)
    operations_cards.builds(this, builds)
    left, right = st.columns([2, 3])
    with left:
        operations_cards.publications(this, ask)
    with right:
        operations_cards.tables(this, sizes)
    operations_cards.maintenance(this, ask)
notices_card.draw(this, now)
