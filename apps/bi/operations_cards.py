"""The cards of the operations page."""

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from apps.bi import described, states, wording
from apps.bi.card import card
from apps.bi.queries import operations
from apps.bi.queries.operations import Ask, Stream
from apps.bi.statement import Answer
from apps.bi.view import LakeView
from lakehouse.catalog.statistics import TableStatistics
from lakehouse.query.build_notes import BuildNote

_WHEN = "YYYY-MM-DD HH:mm:ss"
_MODELS = ("model", "seed", "snapshot")


def streams(view: LakeView, asked: Answer, found: Sequence[Stream]) -> None:
    """Draw what every stream has delivered."""
    about = "Lag: what waited in the logs when the last delivery was made."
    with card(view, "Deliveries", asked, key="deliveries", about=about):
        if not found:
            st.markdown(f"Nothing was landed yet: `{states.command(view.settings, 'ingest')}`.")
            return
        column = st.column_config
        st.dataframe(
            [
                {
                    "stream": each.name,
                    "last": each.last_at,
                    "deliveries": each.deliveries,
                    "landed": each.landed,
                    "rejected": each.rejected,
                    "dropped": each.dropped,
                    "lag": wording.DASH
                    if each.lag_bytes is None
                    else described.size(each.lag_bytes),
                }
                for each in found
            ],
            column_config={
                "stream": column.TextColumn("Stream", width=90),
                "last": column.DatetimeColumn("Last (UTC)", format=_WHEN, timezone="UTC"),
                "deliveries": column.NumberColumn("Deliveries", format="localized"),
                "landed": column.NumberColumn("Landed", format="localized"),
                "rejected": column.NumberColumn("Rejected", format="localized"),
                "dropped": column.NumberColumn("Dropped", format="localized"),
                "lag": column.TextColumn("Lag"),
            },
            hide_index=True,
            alt="Every stream: its last delivery, landed and rejected lines, and its lag",
        )


def rejects(view: LakeView, ask: Ask) -> None:
    """Draw the rejected lines by reason."""
    asked, rows = operations.rejects(ask)
    about = "Each rejected line is kept in landing.rejects, with what is wrong."
    with card(view, "Rejected by reason", asked, key="rejects", about=about):
        if rows:
            column = st.column_config
            st.dataframe(
                rows,
                column_config={
                    "stream": column.TextColumn("Stream", width=70),
                    "reason": column.TextColumn("Why", width=170),
                    "lines": column.NumberColumn("Lines", format="localized", width=70),
                },
                hide_index=True,
                alt="Rejected lines by stream and reason",
            )
        else:
            st.caption("No line was rejected.")


def builds(view: LakeView, found: Sequence[BuildNote]) -> None:
    """Draw what dbt said in the last builds, and what failed in the last one."""
    about = "Unchanged: left out, because nothing that it reads has changed."
    with card(view, "Builds: dbt's models and tests", key="builds", about=about):
        if not found:
            st.markdown(
                "No build has noted yet what dbt said: "
                f"`{states.command(view.settings, 'build')}` does."
            )
            return
        st.dataframe(
            [_build_row(each) for each in found],
            column_config={
                "ended": st.column_config.DatetimeColumn(
                    "Ended (UTC)", format=_WHEN, timezone="UTC"
                ),
                "models": st.column_config.TextColumn("Models", width=220),
                "tests": st.column_config.TextColumn("Tests", width=220),
                "seconds": st.column_config.NumberColumn("Seconds in dbt", format="%.1f"),
            },
            hide_index=True,
            alt="The last builds: models and tests by how they ended",
        )
        if bad := [node for node in found[0].nodes if not node.good]:
            st.markdown("**Not good in the last build**")
            st.dataframe(
                [
                    {"node": n.name, "kind": n.kind, "status": n.status, "message": n.message}
                    for n in bad
                ],
                column_config={
                    "node": st.column_config.TextColumn("Model or test", width=230),
                    "kind": st.column_config.TextColumn("Kind", width=70),
                    "status": st.column_config.TextColumn("Status", width=70),
                    "message": st.column_config.TextColumn("What dbt said", width=460),
                },
                hide_index=True,
                alt="Models and tests of the last build that are not good, with dbt's messages",
            )


def publications(view: LakeView, ask: Ask) -> None:
    """Draw what was published when."""
    asked, rows = operations.publications(ask)
    about = "`lakehouse diff` tells what changed between two of them."
    with card(view, "Publications", asked, key="publications", about=about):
        if not rows:
            st.markdown(f"Nothing published: `{states.command(view.settings, 'build')}`.")
            return
        column = st.column_config
        st.dataframe(
            rows,
            column_config={
                "publication_id": column.NumberColumn("#", width=40),
                "published_at": column.DatetimeColumn(
                    "Published (UTC)", format=_WHEN, timezone="UTC"
                ),
                "tables": column.NumberColumn("Tables"),
                "row_count": column.NumberColumn("Rows", format="localized"),
            },
            hide_index=True,
            alt="The publications, the newest first, with their tables and rows",
        )


def tables(view: LakeView, found: Sequence[TableStatistics]) -> None:
    """Draw snapshots and files of every table."""
    about = "The most files first."
    with card(view, "Tables", described.tables(found), key="tables", about=about):
        if not found:
            st.caption("There is no table yet.")
            return
        most = sorted(found, key=lambda each: (-each.files, each.namespace, each.table))
        st.dataframe(
            described.table_rows(most),
            column_config=described.table_columns(most),
            hide_index=True,
            height=320,
            alt="Files, bytes and snapshots of every table, the most files first",
        )


def maintenance(view: LakeView, ask: Ask) -> None:
    """Draw what maintenance has done."""
    asked, rows = operations.maintenance(ask)
    with card(view, "Maintenance", asked, key="maintenance"):
        if not rows:
            command = states.command(view.settings, "tables maintain")
            st.markdown(f"Nothing was put in order yet; builds do, or `{command}`.")
            return
        column = st.column_config
        st.dataframe(
            rows,
            column_config={
                "started_at": column.DatetimeColumn("Began (UTC)", format=_WHEN, timezone="UTC"),
                "table": column.TextColumn("Table", width=170),
                "action": column.TextColumn("Action", width=80),
                "reason": column.TextColumn("Why", width=150),
                "files_before": column.NumberColumn("Files before", format="localized"),
                "files_after": column.NumberColumn("after", format="localized", width=50),
                "bytes_before": column.NumberColumn("Bytes before", format="localized"),
                "bytes_after": column.NumberColumn("after ", format="localized", width=80),
                "seconds": column.NumberColumn("Seconds", format="%.2f", width=70),
            },
            hide_index=True,
            alt="The last actions of maintenance: table, action, why, files and bytes",
        )


def _build_row(build: BuildNote) -> dict[str, object]:
    return {
        "ended": build.ended_at,
        "models": _counts(build, *_MODELS),
        "tests": _counts(build, "test"),
        "seconds": sum(node.seconds for node in build.nodes),
    }


def _counts(build: BuildNote, *kinds: str) -> str:
    counted = Counter(node.status for node in build.of(*kinds))
    return ", ".join(f"{count:,} {status}" for status, count in counted.most_common())
