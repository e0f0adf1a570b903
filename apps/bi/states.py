"""The pages shown when there is nothing to show: each says why, and what helps."""

import shlex
import traceback
from collections.abc import Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from apps.bi import as_of, filters, wording
from apps.bi.filters import Filters
from apps.bi.queries.coverage import Coverage
from lakehouse.config import Settings, debugging
from lakehouse.errors import LakehouseError
from lakehouse.query.published_moment import Publication
from lakehouse.query.published_watch import Condition, Published

DEFAULT_HOME = ".lake"
# What `lakehouse ml` computes; the other tables of its namespace are marts.
_COMPUTED = tuple(
    f"ml.{table}"
    for table in ("backtests", "demand", "forecast", "item_", "metrics", "recommendations", "runs")
)
_FILLS = "This page fills by itself when the build is through."


def no_lake(settings: Settings) -> None:
    """Nothing has been built in this home."""
    with card("Nothing has been built yet"):
        home = wording.plain(str(settings.home))
        st.markdown(
            f"There is no lakehouse in **{home}**. This makes one from a generated year of orders:"
        )
        st.code(_build(settings), language="bash")
        st.markdown("and this from your own logs:")
        st.code(_build(settings, source="orders.csv.gz"), language="bash")
        st.caption(_FILLS)


def no_marts(settings: Settings, missing: Sequence[str]) -> None:
    """A catalog without the tables that the page reads."""
    names = ", ".join(f"`{mart}`" for mart in missing)
    if all(mart.startswith(_COMPUTED) for mart in missing):
        with card("This is not computed yet"):
            st.markdown(f"These are missing: {names}. This computes them from the marts:")
            st.code(command(settings, "ml build"), language="bash")
            st.caption("This page fills by itself when they are there.")
        return
    with card("The marts are not built yet"):
        st.markdown(f"These are missing, or older than what they are made of: {names}.")
        st.code(_build(settings), language="bash")
        st.caption(_FILLS)


def no_orders(settings: Settings) -> None:
    """The marts are there, and empty."""
    with card("No orders have landed yet"):
        st.markdown("The marts are built, but there is no order in them.")
        st.code(_build(settings, source="orders.csv.gz"), language="bash")
        st.caption(_FILLS)


def no_tables(settings: Settings) -> None:
    """A catalog without any table."""
    with card("There is no table yet"):
        st.markdown("The catalog is there, and nothing is in it.")
        st.code(_build(settings), language="bash")
        st.caption(_FILLS)


def loading() -> None:
    """The first state takes its time."""
    with card("Loading the marts"):
        st.markdown("They are read into memory once; the page appears as soon as they are.")


def failed(error: LakehouseError) -> None:
    """The catalog or a mart could not be read, and nothing was loaded before."""
    st.error(told(error), title="The lakehouse can't be read", icon=":material/error:")


def denied(error: LakehouseError) -> None:
    """The rules keep what the page needs from who looks at it."""
    st.warning(told(error), title="Not all of this is for you", icon=":material/lock:")


def of_all_rows() -> None:
    """The page is about whole tables, and rules narrow what its reader sees of them."""
    with card("This page is about everybody's rows"):
        st.markdown(
            "It tells of whole tables, and rules narrow which rows or columns of them you see. "
            "Whoever keeps the rules can let you see everything: `lakehouse access grant`."
        )


def outdated(published: Published) -> None:
    """What is shown still holds, but no newer state can be loaded."""
    match published.condition:
        case Condition.NO_LAKE:
            reason = "The lakehouse is gone; this is the last state it had."
        case Condition.NO_MARTS:
            reason = "A mart is missing or outdated; this is the last whole state."
        case _:
            reason = f"This is the last state that could be loaded. {told(published.error)}"
    st.warning(reason, title="Not the newest state", icon=":material/history:")


def no_sales(chosen: Filters, covered: Coverage) -> None:
    """Nothing was sold in what the filters leave."""
    of = "".join(f" · {wording.plain(each)}" for each in chosen.narrowed)
    with card(f"No sales{of}, {wording.span(chosen.period)}"):
        st.markdown(f"The data covers {wording.span(covered.days)}.")
        st.button("Show everything", on_click=filters.show_everything)


def no_product_named(words: str) -> None:
    """No product that was sold has all these words in its name."""
    with card(f"Nothing is called “{wording.plain(words[:60])}”"):
        st.markdown(
            "No product sold under these filters has all of these words in its name or code. "
            "Fewer letters find more: `lantern` finds lanterns."
        )


def no_publication(asked: str, known: Sequence[Publication]) -> None:
    """The URL asks for an earlier state that is none, or that is gone."""
    with card(f"There is no publication {wording.plain(asked[:40])} to show"):
        if known:
            numbers = ", ".join(str(each.number) for each in known)
            st.markdown(
                f"These can be opened: {numbers}. Older ones are gone when their snapshots have "
                "expired; `lakehouse diff` tells what changed between two of them."
            )
        else:
            st.markdown("No earlier state is kept: the marts were not published by a build.")
        st.button("Show the newest state", on_click=as_of.back_to_newest)


def broken(error: Exception) -> bool:
    """A bug in a page. Returns True: it has been told, so Streamlit need not."""
    if debugging():
        traceback.print_exception(error)
    st.error(
        f"{type(error).__name__}. `LAKEHOUSE_DEBUG=1 lakehouse dashboard` writes the traceback to "
        "the terminal; please report it.",
        title="This page has a bug",
        icon=":material/bug_report:",
    )
    return True


def told(error: LakehouseError | None) -> str:
    """Message and hint of an error, as Markdown."""
    if error is None:
        return ""
    hint = f"\n\nHint: {error.hint}." if error.hint else ""
    return f"{wording.plain(error.message[:1].upper() + error.message[1:])}.{hint}"


def _build(settings: Settings, *, source: str = "") -> str:
    """What to type: the make target where the home is make's, else the command it stands for."""
    if settings.home.name == DEFAULT_HOME:
        return f"make build{f' SOURCE={source}' if source else ''}"
    return command(settings, f"build{f' --source {source}' if source else ''}")


def command(settings: Settings, words: str) -> str:
    """A command of the command line on this home, to be typed."""
    if settings.home.name == DEFAULT_HOME:
        return f"lakehouse {words}"
    return f"lakehouse --home {shlex.quote(str(settings.home))} {words}"


def card(title: str) -> DeltaGenerator:
    """A card with a title, to say why there is nothing to show."""
    drawn = st.container(border=True, width=640)
    drawn.header(title, anchor=False)
    return drawn
