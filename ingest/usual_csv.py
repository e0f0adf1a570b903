"""CSV lines at once, by Arrow's reader: where the quotes are regular and the fields usual."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from ingest.record_schema import Column
from ingest.screening import Block, Numbers, irregular_lines
from ingest.usual_lines import Flags, UsualRows, lacking, matching
from ingest.usual_values import converted, usual_pattern
from lakehouse.tables.declared_types import arrow_type


def usual_rows(
    block: Block,
    columns: Mapping[str, Column],
    fields: Sequence[str],
    delimiter: str,
    *,
    discards: bool,
) -> UsualRows | None:
    """The rows of lines that have these fields; None when there are none.

    A line is left out that has something in a field without a column, unless the stream `discards`
    it.
    """
    odd_lines = {*block.rejects, *irregular_lines(block, ord(delimiter))}
    text, lines = block.without(odd_lines)
    if not text:
        return None
    skipped: list[int] = []

    def skip(row: pa_csv.InvalidRow) -> str:
        skipped.append(row.number - 1)
        return "skip"

    wanted = [field for field in fields if field in columns or not discards]
    table = pa_csv.read_csv(
        pa.BufferReader(text),
        # Only a reader without threads tells which row it skips.
        read_options=pa_csv.ReadOptions(
            column_names=fields, block_size=len(text), use_threads=False
        ),
        parse_options=pa_csv.ParseOptions(
            delimiter=delimiter, ignore_empty_lines=False, invalid_row_handler=skip
        ),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(wanted, pa.large_string()),
            include_columns=wanted,
            strings_can_be_null=True,
            null_values=[""],
            check_utf8=False,
        ),
    )
    lines = np.delete(lines, skipped)
    return _typed(table, lines, columns) if len(table) == len(lines) else None


def _typed(texts: pa.Table, lines: Numbers, columns: Mapping[str, Column]) -> UsualRows:
    odd = _blank(texts)
    for field in texts.column_names:
        if field not in columns:
            odd |= texts[field].is_valid().to_numpy()
    held = {}
    for field, column in columns.items():
        type_ = arrow_type(column.type)
        if field not in texts.column_names:
            held[column.name] = pa.nulls(len(texts), type_)
        elif column.type.name == "string":
            held[column.name] = texts[field]
        else:
            pattern = usual_pattern(column.type)
            usual = matching(texts[field], pattern) if pattern else texts[field].is_null()
            usual = np.asarray(usual, dtype=bool)
            odd |= ~usual
            fit = texts[field] if usual.all() else pc.if_else(pa.array(usual), texts[field], None)
            held[column.name] = (
                converted(fit, column.type) if pattern else pa.nulls(len(texts), type_)
            )
    rows = pa.table(held)
    return UsualRows(rows, lines).without(odd | lacking(rows, columns))


def _blank(texts: pa.Table) -> Flags:
    """Which rows may be of blank lines: nothing but spaces, in the only field or between tabs."""
    blank = np.ones(len(texts), dtype=bool)
    for column in texts.columns:
        empty = pc.fill_null(pc.utf8_is_space(column), True)
        blank &= empty.to_numpy()
        if not blank.any():
            break
    return blank
