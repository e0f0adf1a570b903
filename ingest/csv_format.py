"""CSV as the format of a stream: fields between delimiters, a record a line (RFC 4180)."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ingest.json_format import BOM, decode_json
from ingest.record_parser import RecordByRecord
from ingest.record_rows import Reader
from ingest.record_schema import Column, RecordSchema, normal
from ingest.record_values import read_text
from ingest.records import Opening
from ingest.rejects import Reason, UnfitError
from ingest.screening import LONGEST_LINE, Block
from ingest.usual_csv import usual_rows
from ingest.usual_lines import UsualRows
from lakehouse.column_settings import Contract
from lakehouse.column_specs import TypeName
from lakehouse.errors import SourceError

csv.field_size_limit(LONGEST_LINE)


@dataclass(frozen=True)
class CsvLines:
    """CSV with a header, or (`header` False) with the `declared` fields in their order."""

    schema: RecordSchema
    declared: tuple[str, ...]
    delimiter: str = ","
    header: bool = True

    noun = "CSV lines"
    suffixes = (".csv", ".tsv", ".txt", ".log")
    guesses_encoding = False

    def open_log(self, head: bytes, log: str) -> Opening:
        """As its header says. Raises SourceError when that has no column of the stream."""
        begin = len(BOM) if head.startswith(BOM) else 0
        if not self.header:
            return Opening(self._parser(self.declared), begin, 0)
        end = head.find(b"\n") + 1 or len(head)
        line = head[begin:end].rstrip(b"\r\n").decode("utf-8", "replace")
        return Opening(self._parser(self._fields(line, log)), end, 1)

    def _parser(self, fields: Sequence[str]) -> RecordByRecord:
        def decode(line: str) -> Mapping[str, object]:
            texts = _split(line, self.delimiter)
            if len(texts) != len(fields):
                detail = f"{len(texts)} fields, expected {len(fields)}"
                raise UnfitError(Reason.WRONG_COLUMN_COUNT, detail)
            return dict(zip(fields, (text or None for text in texts), strict=True))

        def usual(block: Block, columns: Mapping[str, Column]) -> UsualRows | None:
            discards = self.schema.new_columns is Contract.DISCARD
            return usual_rows(block, columns, fields, self.delimiter, discards=discards)

        return RecordByRecord(decode, self.schema, Reader(_read, texts=True), usual)

    def _fields(self, line: str, log: str) -> list[str]:
        """The fields that a header names, as columns are named."""
        try:
            names = [name.strip() for name in _split(line, self.delimiter)]
        except UnfitError as e:
            raise SourceError(f"{log}: its header has {e.detail}", hint="mend it") from e
        if "\r" in line:
            hint = "save it with newlines, or CRLF"
            raise SourceError(f"{log} has carriage returns for line ends", hint=hint)
        fields = [normal(name) for name in names]
        if twice := [name for n, name in enumerate(names) if fields[n] in fields[:n]]:
            raise SourceError(f"{log}: its header names {twice[0]!r} twice", hint="rename one")
        known = list(self.schema.columns)
        if not set(known) & set(fields):
            near = get_close_matches(known[0], fields, n=1)
            hint = (
                f"did you mean {known[0]!r} by {near[0]!r}?"
                if near
                else (
                    f"the stream's columns are {', '.join(known)}; a log without a header needs "
                    'header = false, another delimiter delimiter = "..."'
                )
            )
            raise SourceError(f"{log}: its header has none of the stream's columns", hint=hint)
        return fields


def _split(line: str, delimiter: str) -> list[str]:
    """The fields of a line. Raises UnfitError when its quotes don't pair."""
    if '"' not in line:
        if not line.strip():
            raise UnfitError(Reason.BLANK_LINE, f"{len(line)} spaces")
        return line.split(delimiter)
    if (quotes := line.count('"')) % 2:
        raise UnfitError(Reason.UNBALANCED_QUOTES, f"{quotes} quote(s)")
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error as e:
        raise UnfitError(Reason.MISPLACED_QUOTE, str(e)) from e


def _read(value: object, type_: TypeName) -> object:
    return read_text(str(value), type_, decode_json)
