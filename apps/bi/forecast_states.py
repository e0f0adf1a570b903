"""What the forecast page says where there is no forecast, or one that is no good."""

from collections.abc import Mapping
from datetime import date, timedelta

import streamlit as st

from apps.bi import choices, states, wording
from apps.bi.queries.forecasts import Level
from lakehouse.config import Settings

_ALIKE = 5


def warnings(settings: Settings, of: Level, data_until: date) -> None:
    """Warn of a forecast that beats nothing, and of one that is older than the data."""
    if not of.reliable:
        st.warning(
            wording.plain(of.statement),
            title="Do not rely on this forecast",
            icon=":material/do_not_disturb_on:",
        )
    # The last day of the data may not be over, and is then foretold.
    if data_until > of.days.first:
        computed = wording.day(of.days.first - timedelta(days=1))
        again = states.command(settings, "ml forecast")
        st.warning(
            f"It was computed from orders until {computed}; the data reaches "
            f"{wording.day(data_until)}. `{again}` computes it anew.",
            title="This forecast is older than the data",
            icon=":material/history:",
        )


def not_computed(settings: Settings) -> None:
    """The tables are there, but nothing was foretold."""
    with states.card("Nothing is foretold yet"):
        st.markdown(
            "The build leaves forecasts out where there are too few weeks of orders to learn "
            "from, or when it was told to by `--no-ml`. This computes them, or says what is "
            "missing:"
        )
        st.code(states.command(settings, "ml forecast"), language="bash")


def no_series(known: Mapping[str, str]) -> None:
    """The URL names a country or a product that has no forecast."""
    asked = choices.asked_for("series")
    with states.card(f"There is no forecast for {asked}"):
        start = st.query_params.get("series", "")[:3].casefold()
        alike = [k for k in known if start and k.casefold().startswith(start)][:_ALIKE]
        if alike:
            st.markdown(f"These begin alike: {', '.join(map(wording.plain, alike))}.")
        st.markdown(
            "What was never wanted before the last full week has no forecast. Type a few letters "
            "into the list above to find one that has."
        )
        st.button("Show the largest", on_click=choices.forget, args=("series",))


def nothing_like_that() -> None:
    """The URL names a metric, a level or a horizon that there is none of."""
    with states.card("This link asks for something that is not there"):
        st.markdown(
            "There is `metric` (revenue, units), `level` (total_daily, total_weekly, "
            "country_daily, product_weekly) and `weeks` (1 to 4)."
        )
        st.button("Show the shop's next four weeks", on_click=_from_the_start)


def _from_the_start() -> None:
    for name in ("metric", "level", "series", "weeks"):
        choices.forget(name)
