"""One table: its columns, partitions, snapshots and lineage; or none of that name."""

from collections.abc import Sequence
from dataclasses import asdict
from difflib import get_close_matches

import streamlit as st

from apps.bi import choices, described, states, wording
from apps.bi.card import card
from apps.bi.view import LakeView
from lakehouse.query import lake_tables
from lakehouse.query.lake_tables import Described
from lakehouse.query.lineage import Lineage, lineage_of

TABLE = "table"
_SHOWN = 200


def chosen(key: str, names: Sequence[str]) -> None:
    """Show the table whose row was chosen in the list `key`."""
    for row in st.session_state[key].selection.rows:
        choices.choose(TABLE, names[row])


def show(view: LakeView, name: str) -> str:
    """Draw a table; returns the sentence about it."""
    st.button(
        "All tables",
        on_click=choices.forget,
        args=(TABLE,),
        icon=":material/arrow_back:",
        type="tertiary",
    )
    found = lake_tables.described(view.settings, name)
    if found is None:
        return _nothing(view, name)
    st.header(wording.plain(found.details.table), anchor=False)
    if found.details.comment:
        st.markdown(wording.plain(found.details.comment.strip()))
    lineage = lineage_of(view.settings, found.details.table)
    with card(view, "Columns", described.columns(found), key="columns"):
        st.dataframe(
            [asdict(each) for each in found.details.columns],
            column_config=described.column_columns(),
            hide_index=True,
            height="content",
            alt=f"The columns of {name}: types, partitioning and descriptions",
        )
    left, right = st.columns(2)
    with left:
        _lineage(view, found, lineage)
    with right:
        _partitions(view, found)
    _versions(view, found)
    with card(view, "Properties", key="properties"):
        st.json(_properties(found), expanded=False)
    return described.one(found, None if lineage is None else len(lineage.downstream))


def _lineage(view: LakeView, found: Described, lineage: Lineage | None) -> None:
    about = "The nearest tables, as dbt's manifest of the last build tells. Choose one to see it."
    with card(view, "Lineage", key="lineage", about=about):
        if lineage is None:
            st.markdown(_without_lineage(view, found.details.table))
            return
        for title, tables in (("Made of", lineage.upstream), ("Made of it", lineage.downstream)):
            st.markdown(f"**{title}**")
            if not tables:
                st.caption("No table.")
            with st.container(horizontal=True, gap="small"):
                for table in tables:
                    st.button(
                        table,
                        key=f"{title} {table}",
                        on_click=choices.choose,
                        args=(TABLE, table),
                        type="tertiary",
                        icon=":material/table:",
                    )


def _without_lineage(view: LakeView, table: str) -> str:
    if table.startswith("ml."):
        return "Computed by a model: `lakehouse ml lineage` tells from which lines."
    if table.startswith("ops."):
        return "Written by the lakehouse itself, as it runs."
    build = states.command(view.settings, "build")
    return f"dbt knows nothing of it, or has not run in this home yet: `{build}`."


def _partitions(view: LakeView, found: Described) -> None:
    details = found.details
    with card(view, "Partitions", described.partitions(found), key="partitions"):
        if not details.partitioned_by:
            st.caption("It is not partitioned.")
            return
        st.caption(f"By {', '.join(map(wording.plain, details.partitioned_by))}.")
        st.dataframe(
            [asdict(each) for each in found.partitions[:_SHOWN]],
            column_config=described.partition_columns(),
            hide_index=True,
            alt=f"The partitions of {details.table} with their rows, files and bytes",
        )
        if len(found.partitions) > _SHOWN:
            st.caption(f"The first {_SHOWN}; the files behind SQL hold all of them.")


def _versions(view: LakeView, found: Described) -> None:
    about = "What the table was, the newest first. `lakehouse tables rollback` goes back to one."
    with card(view, "Snapshots", described.versions(found), key="versions", about=about):
        if not found.versions:
            st.caption("Nothing was written to it yet.")
            return
        st.dataframe(
            described.version_rows(found)[:_SHOWN],
            column_config=described.version_columns(),
            hide_index=True,
            alt=f"The snapshots of {found.details.table}, the newest first",
        )


def _properties(found: Described) -> dict[str, object]:
    details = found.details
    return {
        "location": details.location,
        "format": f"{details.format} v{details.format_version}",
        "sorted by": list(details.sorted_by),
        "streams": list(details.streams),
        **details.properties,
    }


def _nothing(view: LakeView, name: str) -> str:
    known = [f"{each.namespace}.{each.table}" for each in lake_tables.sizes(view.settings)]
    shown = wording.plain(name[:80])
    with states.card(f"There is no table {shown}"):
        alike = get_close_matches(name, known, n=3, cutoff=0.4)
        st.markdown("These are called alike:" if alike else "A name is `database.table`.")
        for table in alike:
            st.button(
                table,
                on_click=choices.choose,
                args=(TABLE, table),
                type="tertiary",
                icon=":material/table:",
            )
        st.caption("What is not built yet is no table: " + states.command(view.settings, "build"))
    return f"None of the {len(known):,} tables is called **{shown}**."
