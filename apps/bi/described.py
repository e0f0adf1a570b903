"""The tables of the lake as rows to show and to download, with the SQL that asks the same."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pyarrow as pa
import streamlit as st

from apps.bi import wording
from apps.bi.charts import ACCENT
from apps.bi.statement import Answer, Statement
from lakehouse.catalog.statistics import TableStatistics
from lakehouse.query.lake_tables import Described

_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def size(count: int) -> str:
    """A number of bytes in three figures: 562 kB."""
    figure, unit = float(count), 0
    while figure >= 999.5 and unit < len(_UNITS) - 1:
        figure, unit = figure / 1000, unit + 1
    places = 0 if unit == 0 or figure >= 99.95 else 1
    return f"{figure:,.{places}f} {_UNITS[unit]}"


def tables(found: Sequence[TableStatistics]) -> Answer:
    """All tables with their sizes."""
    rows = pa.Table.from_pylist([asdict(each) for each in found])
    return Answer(
        Statement(
            "select table_schema, table_name, table_type from information_schema.tables\n"
            "order by table_schema, table_name"
        ),
        rows,
    )


def columns(shown: Described) -> Answer:
    """The columns of a table: column, type, required, partition, comment."""
    namespace, name = _parts(shown)
    rows = pa.Table.from_pylist([asdict(each) for each in shown.details.columns])
    return Answer(
        Statement(
            """
select column_name, data_type, is_nullable, comment, extra_info
from information_schema.columns
where table_schema = $namespace and table_name = $name
order by ordinal_position""",
            {"namespace": namespace, "name": name},
        ),
        rows,
    )


def partitions(shown: Described) -> Answer:
    """The partitions of a table: partition, rows, files, delete_files, bytes."""
    rows = pa.Table.from_pylist([asdict(each) for each in shown.partitions])
    return Answer(Statement(f"select * from {_metadata(shown, 'partitions')}"), rows)


def versions(shown: Described) -> Answer:
    """The snapshots of a table, the newest first."""
    listed = [{**asdict(v), "names": ", ".join(v.names)} for v in shown.versions]
    statement = Statement(
        f"select * from {_metadata(shown, 'snapshots')} order by committed_at desc"
    )
    return Answer(statement, pa.Table.from_pylist(listed))


def table_rows(found: Sequence[TableStatistics]) -> list[dict[str, Any]]:
    """One row a table, as the list shows it."""
    return [
        {
            "table": f"{each.namespace}.{each.table}",
            "rows": each.rows,
            "files": each.files,
            "kilobytes": each.bytes / 1e3,
            "snapshots": each.snapshots,
        }
        for each in found
    ]


def table_columns(found: Sequence[TableStatistics]) -> dict[str, Any]:
    """How the columns of `table_rows` look."""
    column = st.column_config
    top = max([1.0, *(each.bytes / 1e3 for each in found)])
    return {
        "table": column.TextColumn("Table", width=190),
        "rows": column.NumberColumn("Rows", format="localized", width=75),
        "files": column.NumberColumn("Files", format="localized", width=50),
        "kilobytes": column.ProgressColumn(
            "Size (kB)", format="%,.0f", max_value=top, color=ACCENT, width=125
        ),
        "snapshots": column.NumberColumn("Snapshots", format="localized", width=80),
    }


def column_columns() -> dict[str, Any]:
    """How the columns of `columns` look."""
    column = st.column_config
    return {
        "column": column.TextColumn("Column", width=170),
        "type": column.TextColumn("Type", width=110),
        "required": column.CheckboxColumn("Required", width=70),
        "partition": column.TextColumn("Partition", width=80),
        "comment": column.TextColumn("Description", width=460),
    }


def partition_columns() -> dict[str, Any]:
    """How the columns of `partitions` look."""
    column = st.column_config
    return {
        "partition": column.TextColumn("Partition", width=150),
        "rows": column.NumberColumn("Rows", format="localized", width=70),
        "files": column.NumberColumn("Files", format="localized", width=50),
        "delete_files": column.NumberColumn("Delete files", format="localized", width=80),
        "bytes": column.NumberColumn("Bytes", format="localized", width=80),
    }


def version_columns() -> dict[str, Any]:
    """How the columns of `versions` look."""
    column = st.column_config
    return {
        # An id has more digits than a browser's numbers.
        "snapshot_id": column.TextColumn("Snapshot", width=165),
        "committed_at": column.DatetimeColumn("Committed (UTC)", timezone="UTC"),
        "operation": column.TextColumn("Operation"),
        "rows": column.NumberColumn("Rows", format="localized"),
        "added_rows": column.NumberColumn("Added", format="localized"),
        "removed_rows": column.NumberColumn("Removed", format="localized"),
        "current": column.CheckboxColumn("Current"),
        "names": column.TextColumn("Tags and branches"),
    }


def version_rows(shown: Described) -> list[dict[str, Any]]:
    """One row a snapshot; ids as text."""
    return [
        {**asdict(v), "snapshot_id": str(v.snapshot_id), "names": ", ".join(v.names)}
        for v in shown.versions
    ]


def all_in_one(found: Sequence[TableStatistics]) -> str:
    """One sentence of Markdown on all tables."""
    databases = len({each.namespace for each in found})
    rows = sum(each.rows or 0 for each in found)
    biggest = max(found, key=lambda each: each.bytes)
    return (
        f"**{len(found):,} tables** in {databases:,} database{'' if databases == 1 else 's'} "
        f"hold **{rows:,} rows** in "
        f"{sum(each.files for each in found):,} files ({size(sum(e.bytes for e in found))}); the "
        f"biggest is **{wording.plain(f'{biggest.namespace}.{biggest.table}')}** with "
        f"{size(biggest.bytes)}."
    )


def one(shown: Described, made_from_it: int | None) -> str:
    """One sentence of Markdown on a table."""
    details, sizes = shown.details, shown.details.statistics
    rows = "an unknown number of rows" if sizes.rows is None else f"**{sizes.rows:,} rows**"
    at = details.changed_at
    told = (
        f"**{wording.plain(details.table)}** has {rows} in {sizes.files:,} "
        f"file{'' if sizes.files == 1 else 's'} ({size(sizes.bytes)}); it was last changed "
        f"{wording.day(at.date())}, {wording.clock(at)} UTC"
    )
    if made_from_it is None:
        return f"{told}."
    return (
        f"{told}, and {made_from_it:,} table{'s are' if made_from_it != 1 else ' is'} made of it."
    )


def _parts(shown: Described) -> tuple[str, str]:
    namespace, _, name = shown.details.table.rpartition(".")
    return namespace, name


def _metadata(shown: Described, what: str) -> str:
    namespace, name = _parts(shown)
    return f'"{namespace}"."{name}${what}"'
