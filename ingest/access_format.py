"""Web access logs as the format of a stream: Common or Combined Log Format, line by line."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from ingest.access_fields import ROWS, usual_rows
from ingest.access_lines import AccessRecord, read_line
from ingest.records import Opening, Parsed
from ingest.rejects import UnfitError
from ingest.screening import Block, Numbers, Text, screen_text
from ingest.usual_lines import in_order


class AccessLogs:
    """Access logs; each line may be of either format, and their columns never change."""

    noun = "access log lines"
    suffixes = (".log",)
    guesses_encoding = False

    def open_log(self, head: bytes, log: str) -> Opening:
        """There is no header."""
        return Opening(_AccessParser(), 0, 0)


class _AccessParser:
    def parse(self, text: Text) -> Parsed:
        """The usual lines at once, every other one by itself."""
        block = Block(text)
        screen_text(block)
        usual = usual_rows(block)
        tables, taken = [rows for rows, _ in usual], [lines for _, lines in usual]
        other, others = _other_rows(block, taken)
        rows, lines = in_order([*tables, other], [*taken, others])
        rejects = tuple(block.rejects[n] for n in sorted(block.rejects))
        return Parsed(rows, lines if rejects else None, rejects, block.count)

    def admit(self, text: Text) -> Parsed:
        """As `parse`: nothing is missing from the table."""
        return self.parse(text)


def _other_rows(block: Block, taken: Sequence[Numbers]) -> tuple[pa.Table, Numbers]:
    """The rows of the lines that are not taken nor refused yet; those that are none are refused."""
    rest = np.ones(block.count, dtype=bool)
    for lines in taken:
        rest[lines] = False
    rest[list(block.rejects)] = False
    records: list[AccessRecord] = []
    found: list[int] = []
    for index in np.flatnonzero(rest).tolist():
        try:
            records.append(read_line(block.line(index).decode()))
            found.append(index)
        except UnfitError as e:
            block.reject(index, e.reason, e.detail)
    columns = zip(*records, strict=True) if records else [()] * len(ROWS)
    arrays = [pa.array(values, field.type) for values, field in zip(columns, ROWS, strict=True)]
    return pa.table(arrays, schema=ROWS), np.array(found, dtype=np.int64)
