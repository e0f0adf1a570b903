"""Well-formed lines to columns of text, one row a line."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from ingest.rejects import Reason
from ingest.screening import Block, Numbers

# Where a log repeats itself, the parser makes dictionaries as fast as strings, and a conversion
# then looks at each distinct text once.
REPEATED = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True)
class Fields:
    """A row of text for each sound line; empty fields are null.

    `lines` holds the indices of the lines in their block, None when none is missing.
    """

    table: pa.Table
    lines: Numbers | None


def read_fields(block: Block, columns: Sequence[str], types: dict[str, pa.DataType]) -> Fields:
    """The fields of a screened block's sound lines; those of another number are refused."""
    text, lines = block.sound_lines()
    if not text:
        empty = pa.table({name: pa.array([], types[name]) for name in columns})
        return Fields(empty, lines)
    skipped: list[pa_csv.InvalidRow] = []

    def skip(row: pa_csv.InvalidRow) -> str:
        skipped.append(row)
        return "skip"

    table = pa_csv.read_csv(
        pa.BufferReader(text),
        # Only a reader without threads tells which row it skips; blocks are read in parallel.
        read_options=pa_csv.ReadOptions(
            # One block: of several, each would begin dictionaries of its own.
            column_names=columns,
            block_size=len(text),
            use_threads=False,
        ),
        parse_options=pa_csv.ParseOptions(ignore_empty_lines=False, invalid_row_handler=skip),
        convert_options=pa_csv.ConvertOptions(
            column_types=types,
            strings_can_be_null=True,
            null_values=[""],
            check_utf8=False,  # `screen` has done so, and a second time takes a sixth of this
        ),
    )
    if skipped:
        lines = _refuse(skipped, block, lines)
    if len(table) + len(block.rejects) != block.count:
        message = f"{block.count} lines became {len(table)} rows, {len(block.rejects)} rejects"
        raise RuntimeError(message)
    return Fields(table, lines)


def _refuse(skipped: Sequence[pa_csv.InvalidRow], block: Block, lines: Numbers | None) -> Numbers:
    """Refuse the lines the parser has skipped; the indices of the rest."""
    lines = np.arange(block.count) if lines is None else lines
    for row in skipped:
        detail = f"{row.actual_columns} fields, expected {row.expected_columns}"
        block.reject(int(lines[row.number - 1]), Reason.WRONG_COLUMN_COUNT, detail)
    return np.delete(lines, [row.number - 1 for row in skipped])
