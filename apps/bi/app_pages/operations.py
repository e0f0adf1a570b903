"""Operations: is the lakehouse fresh, clean and in order?"""

import streamlit as st

from apps.bi import choices, notices_card, operations_cards, operations_kpis, states
from apps.bi.kpis import draw_kpi
from apps.bi.queries import operations
from apps.bi.view import lake_view
from lakehouse.query.operations import open_operations
from lakehouse.query.published_watch import Condition

this = lake_view()
if this.published.condition is Condition.NO_LAKE:
    states.no_lake(this.settings)
    st.stop()
with st.container(horizontal=True, gap="small"):
    hours = choices.choice("stale", "Stale after", operations_kpis.HOURS, width=220)
    per_mille = choices.choice("rejects", "Rejects above", operations_kpis.PER_MILLE, width=220)
if hours is None or per_mille is None:
    st.warning("This link asks for a limit that there is none of; the usual ones hold.")

with open_operations(this.settings) as about_itself:
    ask = operations.asking(about_itself)
    found = operations_kpis.health(this.settings, ask, hours, per_mille)
    this.say(found.sentence)
    for alarm in found.alarms:
        st.error(alarm.told, title=alarm.name, icon=":material/notifications_active:")
    with st.grid(4, min_column_width=150, gap="small"):
        for kpi in operations_kpis.figures(found):
            draw_kpi(kpi, "now")

    left, right = st.columns([3, 2])
    with left:
        operations_cards.streams(this, found.asked, found.streams)
    with right:
        operations_cards.rejects(this, ask)
    operations_cards.builds(this, found.builds)
    left, right = st.columns([2, 3])
    with left:
        operations_cards.publications(this, ask)
    with right:
        operations_cards.tables(this, found.tables)
    operations_cards.maintenance(this, ask)
notices_card.draw(this, found.now)
