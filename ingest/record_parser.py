"""The parser of formats that are decoded record by record, into the columns of a schema."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from ingest.record_rows import Reader, Record, admit_all, rows_of
from ingest.record_schema import RecordSchema
from ingest.records import Parsed
from ingest.rejects import UnfitError
from ingest.screening import Block, Numbers, Text, screen_text
from ingest.usual_lines import UsualReader, in_order

# A line of text to the fields of its record, named as columns are; raises UnfitError.
Decoder: TypeAlias = Callable[[str], Record]

_NONE = np.array([], dtype=np.int64)


class RecordByRecord:
    """Reads the usual lines at once, decodes every other one, and holds these column by column."""

    def __init__(
        self, decode: Decoder, schema: RecordSchema, reader: Reader, usual: UsualReader
    ) -> None:
        self._decode = decode
        self._schema = schema
        self._reader = reader
        self._usual = usual

    def parse(self, text: Text) -> Parsed:
        """See `RecordParser`."""
        block = Block(text)
        screen_text(block)
        usual = self._usual(block, self._schema.columns)
        if usual is None:
            return self._parsed(block, admit=False)
        rest = self._parsed(block, admit=False, taken=usual.lines)
        if not rest.rows.schema.equals(usual.rows.schema):
            return self._parsed(block, admit=False)  # it has just grown for another block
        others = rest.lines if rest.lines is not None else _others(block, usual.lines)
        rows, lines = in_order([usual.rows, rest.rows], [usual.lines, others])
        return replace(rest, rows=rows, lines=lines if rest.rejects else None)

    def admit(self, text: Text) -> Parsed:
        """See `RecordParser`."""
        block = Block(text)
        screen_text(block)
        return self._parsed(block, admit=True)

    def _parsed(self, block: Block, *, admit: bool, taken: Numbers = _NONE) -> Parsed:
        """What becomes of all lines of a screened block but those that are taken."""
        records, lines = self._decoded(block, taken)
        rows = rows_of(records, self._schema, self._reader)
        if admit and rows.growing:
            admit_all(records, rows.growing, self._schema, self._reader)
            rows = rows_of(records, self._schema, self._reader)
        for index, error in rows.unfit.items():
            block.reject(lines[index], error.reason, error.detail)
        kept = np.ones(len(records), dtype=bool)
        kept[list(rows.unfit)] = False
        table = rows.table if kept.all() else rows.table.filter(pa.array(kept))
        rejects = tuple(block.rejects[n] for n in sorted(block.rejects))
        landed = np.array(lines, dtype=np.int64)[kept] if rejects else None
        drifted = bool(rows.growing) and not admit
        return Parsed(table, landed, rejects, block.count, drifted)

    def _decoded(self, block: Block, taken: Numbers) -> tuple[list[Record], list[int]]:
        """The records, and their lines; those that are none are refused in the block."""
        records: list[Record] = []
        lines: list[int] = []
        for index in _others(block, taken).tolist():
            try:
                records.append(self._decode(block.line(index).decode()))
                lines.append(index)
            except UnfitError as e:
                block.reject(index, e.reason, e.detail)
        return records, lines


def _others(block: Block, taken: Numbers) -> Numbers:
    """The lines that are neither taken nor refused yet."""
    rest = np.ones(block.count, dtype=bool)
    rest[taken] = False
    rest[list(block.rejects)] = False
    return np.flatnonzero(rest)
