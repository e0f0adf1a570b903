"""A saved dashboard: its cards, two beside each other."""

import itertools

import streamlit as st

from apps.bi import states
from apps.bi.dashboards import cards, files, listed
from apps.bi.dashboards.cards import Drawn
from apps.bi.view import lake_view
from lakehouse.errors import ConfigError
from lakehouse.query.published_watch import Condition

this = lake_view()
if this.published.condition is Condition.NO_LAKE:
    states.no_lake(this.settings)
    st.stop()

home = this.settings.home
name = next(name for name, page in listed.pages(home).items() if page.path == this.page.path)
try:
    board = files.read(home, name)
except ConfigError as e:
    st.error(states.told(e), title="This dashboard can't be shown", icon=":material/error:")
    st.stop()
if not board.cards:
    st.info("There is no card on it yet: the SQL workbench adds one, or a `[[cards]]` in its file.")

drawn: list[Drawn] = []
for first in range(0, len(board.cards), 2):
    pair = board.cards[first : first + 2]
    for number, column, card in zip(itertools.count(first), st.columns(2), pair, strict=False):
        with column:
            drawn.append(cards.draw(this, card, f"{name}_{number}"))
if sentence := next((each.told for each in drawn if each.told), None):
    this.say(sentence)
running = [each.handle for each in drawn if each.handle and not each.handle.state.ended]
if running:
    cards.follow(running)
