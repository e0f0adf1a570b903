"""Lines of a block that are read at once, beside those that are read one by one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ingest.record_schema import Column
from ingest.screening import Block, Numbers

Flags: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class UsualRows:
    """The rows of lines, and the indices of these lines in their block."""

    rows: pa.Table
    lines: Numbers

    def without(self, odd: Flags) -> "UsualRows":
        """All but the odd ones."""
        if not odd.any():
            return self
        return UsualRows(self.rows.filter(pa.array(~odd)), self.lines[~odd])


# Of a screened block, the lines whose records certainly fit these columns, by their fields.
UsualReader: TypeAlias = Callable[[Block, Mapping[str, Column]], UsualRows | None]


def lacking(rows: pa.Table, columns: Mapping[str, Column]) -> Flags:
    """Where a required column has no value."""
    odd = np.zeros(len(rows), dtype=bool)
    for column in columns.values():
        if column.required and rows[column.name].null_count:
            odd |= rows[column.name].is_null().to_numpy()
    return odd


def in_order(tables: Sequence[pa.Table], lines: Sequence[Numbers]) -> tuple[pa.Table, Numbers]:
    """All rows in the order of their lines, and these lines."""
    parts = [(t, n) for t, n in zip(tables, lines, strict=True) if len(n)]
    if len(parts) == 1:
        return parts[0]
    rows = pa.concat_tables(tables).unify_dictionaries()
    every = np.concatenate(lines)
    order = np.argsort(every)
    return rows.take(pa.array(order)), every[order]


def matching(texts: pa.Array | pa.ChunkedArray, pattern: str) -> Flags:
    """Which texts a pattern matches as a whole; what is null, it matches."""
    found = pc.match_substring_regex(texts, f"^(?:{pattern})$")
    flags: Flags = pc.fill_null(found, True).to_numpy(zero_copy_only=False)
    return flags
