"""The parser of formats that are decoded record by record, into the columns of a schema."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pyarrow as pa

from ingest.record_rows import Reader, Record, admit_all, rows_of
from ingest.record_schema import RecordSchema
from ingest.records import Parsed
from ingest.rejects import UnfitError
from ingest.screening import Block, Text, screen_text

# A line of text to the fields of its record, named as columns are; raises UnfitError.
Decoder: TypeAlias = Callable[[str], Record]


class RecordByRecord:
    """Decodes each line, and holds all of them column by column."""

    def __init__(self, decode: Decoder, schema: RecordSchema, reader: Reader) -> None:
        self._decode = decode
        self._schema = schema
        self._reader = reader

    def parse(self, text: Text) -> Parsed:
        """See `RecordParser`."""
        return self._parsed(text, admit=False)

    def admit(self, text: Text) -> Parsed:
        """See `RecordParser`."""
        return self._parsed(text, admit=True)

    def _parsed(self, text: Text, *, admit: bool) -> Parsed:
        block = Block(text)
        screen_text(block)
        records, lines = self._decoded(block)
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

    def _decoded(self, block: Block) -> tuple[list[Record], list[int]]:
        """The records, and their lines; those that are none are refused in the block."""
        records: list[Record] = []
        lines: list[int] = []
        # A line that is no UTF-8 is refused already, whatever it is decoded to here.
        for index, line in enumerate(block.text.decode("utf-8", "replace").split("\n")[:-1]):
            if index in block.rejects:
                continue
            try:
                records.append(self._decode(line))
                lines.append(index)
            except UnfitError as e:
                block.reject(index, e.reason, e.detail)
        return records, lines
