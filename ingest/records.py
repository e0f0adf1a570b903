"""The seams of a stream: how records go from a log to where they are delivered.

    line_blocks -> Records -> Transform ... -> RecordParser -> Batch -> Destination

`ingest.reading` cuts a log into blocks of whole lines; a line is a record. `ingest.log_reader`
makes `Records` of them, sends them through the stream's transforms and its parser, and adds the
bookmark: that is a `Batch`. `ingest.landing` buffers batches, and a `Destination`
(`ingest.destinations`) delivers them. Transforms and parsers run in several threads at once and
keep no state, but for `RecordParser.admit`.

Whatever becomes of a line, it keeps its index in the block: its record id is counted from there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, runtime_checkable

import numpy as np
import pyarrow as pa

from ingest.rejects import Reason, Reject, readable
from ingest.routing import Operation
from ingest.screening import LONGEST_LINE, Block, Numbers, Text, count_lines
from ingest.transforms.contract import Metadata


@dataclass(frozen=True)
class Records:
    """The records of a block of lines, on their way to the parser.

    `text` holds one a line, as UTF-8, each with its newline; `lines` are the indices, in the
    block, of the lines they come from (None: they are all the block's lines, in order). `count` is
    the number of lines the block had: those that are neither in `lines` nor among the `rejects`
    were dropped. They were read when they `arrived`.

    `metadata` holds what a transform said of records, by the indices of their lines, and
    `original` the lines of the block before a transform (None: there was none).
    """

    text: Text
    count: int
    arrived: datetime
    lines: Numbers | None = None
    rejects: tuple[Reject, ...] = ()
    metadata: Mapping[int, Metadata] = field(default_factory=dict)
    original: Text | None = None


@dataclass(frozen=True)
class Part:
    """Rows for one of several tables, and what they do there; of a deletion, the keys alone."""

    table: str
    operation: Operation
    rows: pa.Table
    lines: Numbers


@dataclass(frozen=True)
class Parsed:
    """What became of a block of lines: rows, rejects, and lines that were dropped.

    `lines` holds the index of each row's line, None when none is missing. `drifted` says that a
    record has a column or a type that the stream's schema lacks, and may get: see `admit`. In a
    stream that routes its records, rows are `parts`.
    """

    rows: pa.Table
    lines: Numbers | None
    rejects: tuple[Reject, ...]
    count: int
    drifted: bool = False
    parts: tuple[Part, ...] = ()

    @property
    def landed(self) -> int:
        """How many records have become rows, or change some."""
        return len(self.rows) + sum(len(part.rows) for part in self.parts)


class Transform(Protocol):
    """A step between reading and parsing."""

    def __call__(self, records: Records) -> Records:
        """The records as they go on: changed, dropped, or refused with a reason."""


@runtime_checkable
class RoutingParser(Protocol):
    """Records of one log to the rows of several tables."""

    def parse_routed(self, records: Records, *, admit: bool) -> Parsed:
        """What becomes of the records of a block; schemas grow when it is to `admit`."""


@runtime_checkable
class RecordParser(Protocol):
    """Lines of one log to typed rows."""

    def parse(self, text: Text) -> Parsed:
        """The lines of `text`, whole ones, as rows and rejects; in any thread, in any order."""

    def admit(self, text: Text) -> Parsed:
        """As `parse`, and the stream's schema grows as its contract allows.

        Asked for text that has `drifted`, in the order of the log, one at a time.
        """


@dataclass(frozen=True)
class Opening:
    """How a log begins: the parser of what follows, and its header in bytes and in lines."""

    parser: RecordParser | RoutingParser
    header_bytes: int
    header_lines: int


class RecordFormat(Protocol):
    """What the records of a stream are written in."""

    @property
    def noun(self) -> str:
        """What its lines are called, such as `order lines`."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Of the files that count in a folder, without .gz."""

    @property
    def guesses_encoding(self) -> bool:
        """Whether a log may be Latin-1 too; else it is UTF-8 in any case."""

    def open_log(self, head: bytes, log: str) -> Opening:
        """How the log begins, told by its first bytes.

        Raises SourceError when it is not of this format.
        """


def read_records(text: Text, arrived: datetime, *, continued: bool) -> Records:
    """All lines of `text` as records.

    When it is `continued`, its first line is the rest of one that was landed before it was
    complete, and no record.
    """
    count = count_lines(text)
    if not continued:
        return Records(text, count, arrived)
    end = text.index(b"\n")
    raw = readable(bytes(text[: min(end, LONGEST_LINE)]))
    reject = Reject(
        0, Reason.CONTINUED_LINE, "its beginning was landed before it was complete", raw
    )
    return Records(text[end + 1 :], count, arrived, np.arange(1, count), (reject,))


def parse_records(
    records: Records, parser: RecordParser | RoutingParser, *, admit: bool = False
) -> Parsed:
    """What becomes of the records of a block; indices are those of the block."""
    if isinstance(parser, RoutingParser):
        return parser.parse_routed(records, admit=admit)
    parsed = parser.admit(records.text) if admit else parser.parse(records.text)
    if records.lines is None and not records.rejects:
        return parsed
    lines = np.arange(records.count) if records.lines is None else records.lines
    rejects = [replace(reject, line=int(lines[reject.line])) for reject in parsed.rejects]
    rejects = sorted([*records.rejects, *as_received(rejects, records)], key=lambda r: r.line)
    landed = lines if parsed.lines is None else lines[parsed.lines]
    return replace(parsed, lines=landed, rejects=tuple(rejects), count=records.count)


def as_received(rejects: list[Reject], records: Records) -> list[Reject]:
    """The rejects of a parser with the lines that were read, whatever a transform made of them.

    Their record ids are those of these lines.
    """
    if records.original is None or not rejects:
        return rejects
    original = Block(records.original)
    return [
        replace(reject, raw=readable(original.line(reject.line)[:LONGEST_LINE]))
        for reject in rejects
    ]
