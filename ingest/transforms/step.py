"""A transform as a step of a stream: lines to records, and what became of them to lines."""

import re
from dataclasses import dataclass

import numpy as np

from ingest.error_records import ErrorType, Failure
from ingest.records import Records
from ingest.rejects import Reason, Reject, readable
from ingest.screening import LONGEST_LINE
from ingest.transforms.contract import Dropped, Failed, Metadata, Record
from ingest.transforms.transform import Transform

_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)


@dataclass(frozen=True)
class TransformStep:
    """Sends a stream's records through a transform. A record is a line without its end.

    Of what comes back, a newline at the end does not count; one within makes it several lines,
    which no record can be. Where records are no lines any more after it, they are `escaped`:
    nothing of them is lost. A line that is longer than Firehose takes is refused before.
    """

    transform: Transform
    escaped: bool = False

    def __call__(self, records: Records) -> Records:
        """The records as the transform has them."""
        block = _Lines(records)
        outcomes = self.transform.apply([Record(data, records.arrived) for data in block.records])
        kept: list[bytes] = []
        lines: list[int] = []
        metadata: dict[int, Metadata] = {}
        for line, data, outcome in zip(block.lines, block.records, outcomes, strict=True):
            if isinstance(outcome, Failed):
                block.refuse(line, data, outcome)
            elif not isinstance(outcome, Dropped):
                text = escape(outcome.data) if self.escaped else _line(outcome.data)
                if b"\n" in text:
                    count = text.count(b"\n") + 1
                    block.reject(line, data, Reason.SEVERAL_LINES, f"transformed into {count}")
                    continue
                kept.append(text + b"\n")
                lines.append(line)
                if outcome.metadata.partition_keys or outcome.metadata.table:
                    metadata[line] = outcome.metadata
        return block.gone_on(b"".join(kept), lines, metadata)


def refused(records: Records, failed: Failed) -> Records:
    """The records, each refused as one that could not be transformed."""
    block = _Lines(records)
    for line, data in zip(block.lines, block.records, strict=True):
        block.refuse(line, data, failed)
    return block.gone_on(b"", [], {})


def escape(record: bytes) -> bytes:
    """The record as one line, from which `unescape` makes it again."""
    return record.replace(b"\\", b"\\\\").replace(b"\n", b"\\n")


def unescape(line: bytes) -> bytes:
    """The record that `escape` made a line of."""
    return _ESCAPED.sub(lambda found: b"\n" if found[1] == b"n" else found[1], line)


def _line(data: bytes) -> bytes:
    return data.removesuffix(b"\n").removesuffix(b"\r")


class _Lines:
    """The lines of a block that a transform is asked about, and those that are refused."""

    def __init__(self, records: Records) -> None:
        self._given = records
        self.rejects = list(records.rejects)
        lines = range(records.count) if records.lines is None else records.lines.tolist()
        texts = bytes(records.text).split(b"\n")[:-1]
        self.original = records.original or _whole(records, texts)
        self.lines: list[int] = []
        self.records: list[bytes] = []
        for line, text in zip(lines, texts, strict=True):
            data = text.removesuffix(b"\r")
            if len(data) > LONGEST_LINE:
                detail = f"more than {LONGEST_LINE:,} bytes, the rest is left out here"
                self.reject(line, data, Reason.LINE_TOO_LONG, detail)
            else:
                self.lines.append(line)
                self.records.append(data)

    def reject(self, line: int, data: bytes, reason: Reason, detail: str) -> None:
        """Refuse a record."""
        self.rejects.append(Reject(line, reason, detail, readable(data[:LONGEST_LINE])))

    def gone_on(self, text: bytes, lines: list[int], metadata: dict[int, Metadata]) -> Records:
        """What the records have become: the text of some lines, and what was refused."""
        return Records(
            text,
            self._given.count,
            self._given.arrived,
            np.array(lines, dtype=np.int64),
            tuple(sorted(self.rejects, key=lambda reject: reject.line)),
            metadata,
            self.original,
        )

    def refuse(self, line: int, data: bytes, failed: Failed) -> None:
        """Refuse a record that could not be transformed."""
        failure = Failure(
            ErrorType.PROCESSING, failed.code, failed.message, failed.attempts, failed.ended
        )
        detail = f"{failed.code}: {failed.message}"
        reason = Reason.PROCESSING_FAILED
        self.rejects.append(Reject(line, reason, detail, readable(data), failure))


def _whole(records: Records, texts: list[bytes]) -> bytes:
    """The text of all the block's lines; of those that were refused, an empty one."""
    if records.lines is None:
        return bytes(records.text)
    every = [b""] * records.count
    for line, text in zip(records.lines.tolist(), texts, strict=True):
        every[line] = text
    return b"".join(text + b"\n" for text in every)
