"""The card: a title, what it shows, and behind its button the SQL that made it, as files too."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from urllib.parse import quote

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import streamlit as st
from streamlit.elements.lib.mutable_popover_container import PopoverContainer

from apps.bi.statement import Answer
from apps.bi.view import LakeView

# Where the workbench expects a statement.
WORKBENCH = "sql?q="
_TABLE = re.compile(r"\b((?:from|join)\s+)([a-z_]\w*\.[a-z_]\w*)", re.IGNORECASE)


@contextmanager
def card(view: LakeView, title: str, *answers: Answer, key: str, about: str = "") -> Iterator[None]:
    """A bordered card; what is drawn inside is its content, and wants `alt`.

    `answers` are what it shows, the first of them to download. `key` is unique on the page.
    """
    with st.container(border=True, height="stretch", key=f"card_{key}"):
        with st.container(horizontal=True, vertical_alignment="center", gap=None):
            st.header(title, anchor=False, help=about or None, width="stretch")
            if answers:
                with st.container(width="content"):
                    sql_and_data(title, answers, view.snapshots(), key)
        yield


def workbench_url(sql: str) -> str:
    """The link that opens a statement in the workbench."""
    return WORKBENCH + quote(sql, safe="")


def pinned(sql: str, snapshots: Mapping[str, int]) -> str:
    """A statement that names the snapshots it reads, in Athena's way; without any, as it is."""

    def versioned(found: re.Match[str]) -> str:
        snapshot = snapshots.get(found[2])
        return found[0] if snapshot is None else f"{found[0]} for version as of {snapshot}"

    return _TABLE.sub(versioned, sql)


def as_csv(table: pa.Table) -> bytes:
    """A table as CSV with a header line."""
    file = BytesIO()
    pyarrow.csv.write_csv(table, file)
    return file.getvalue()


def as_parquet(table: pa.Table) -> bytes:
    """A table as a Parquet file."""
    file = BytesIO()
    pyarrow.parquet.write_table(table, file, compression="zstd")
    return file.getvalue()


def sql_menu(title: str, key: str) -> PopoverContainer:
    """The button at the title of a card; what is in it is made only once it is `open`."""
    return st.popover(
        "SQL",
        help=f"{title}: the SQL that made it, and its rows as a file",
        type="tertiary",
        on_change="rerun",
        key=f"menu_{key}",
    )


def show_sql(sql: str, workbench: str) -> None:
    """The SQL of a card, and the link that opens it in the workbench."""
    st.code(sql, language="sql", wrap_lines=True)
    st.link_button("Open in workbench", workbench, icon=":material/terminal:", type="tertiary")


@st.fragment
def sql_and_data(title: str, answers: tuple[Answer, ...], at: Mapping[str, int], key: str) -> None:
    """The button with the SQL and the files. Only once it is open, its content is made."""
    menu = sql_menu(title, key)
    if not menu.open:
        return
    with menu:
        for answer in answers:
            sql = pinned(answer.statement.text, at)
            show_sql(sql, workbench_url(sql))
        table = answers[0].table
        with st.container(horizontal=True):
            st.download_button(
                "CSV",
                lambda: as_csv(table),
                f"{key}.csv",
                "text/csv",
                key=f"csv_{key}",
                on_click="ignore",
                icon=":material/download:",
            )
            st.download_button(
                "Parquet",
                lambda: as_parquet(table),
                f"{key}.parquet",
                "application/vnd.apache.parquet",
                key=f"parquet_{key}",
                on_click="ignore",
                icon=":material/download:",
            )
