"""Catalog: which tables there are, what is in them, and what they are made of."""

from functools import partial

import streamlit as st

from apps.bi import catalog_table, choices, described, states
from apps.bi.card import card
from apps.bi.view import lake_view
from lakehouse.query import lake_tables
from lakehouse.query.published_watch import Condition

ALL = "all"

this = lake_view()
if this.published.condition is Condition.NO_LAKE:
    states.no_lake(this.settings)
    st.stop()
name = st.query_params.get(catalog_table.TABLE, "")
if name:
    this.say(catalog_table.show(this, name))
    st.stop()
found = lake_tables.sizes(this.settings)
if not found:
    states.no_tables(this.settings)
    st.stop()
this.say(described.all_in_one(found))
namespaces = sorted({each.namespace for each in found})
database = choices.choice(
    "database", "Database", {ALL: "All databases"} | {each: each for each in namespaces}, width=240
)
if database is None:
    st.warning(f"There is no database {choices.asked_for('database')}.")
shown = [each for each in found if database in (ALL, None, each.namespace)]
about = "Choose one to see its columns, partitions, snapshots and lineage."
with card(this, f"{len(shown):,} tables", described.tables(shown), key="tables", about=about):
    st.dataframe(
        described.table_rows(shown),
        column_config=described.table_columns(shown),
        hide_index=True,
        height=620,
        key="tables_chosen",
        on_select=partial(
            catalog_table.chosen, "tables_chosen", [f"{e.namespace}.{e.table}" for e in shown]
        ),
        selection_mode="single-row",
        alt="The tables of the lake with their rows, files, bytes and snapshots",
    )
