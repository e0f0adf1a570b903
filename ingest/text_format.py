"""Lines as they are: the format of streams whose records go to objects."""

import numpy as np
import pyarrow as pa

from ingest.records import Opening, Parsed
from ingest.rejects import Reason, Reject, readable
from ingest.screening import LONGEST_LINE, Text
from ingest.transforms.contract import LARGEST_PAYLOAD
from ingest.transforms.step import unescape


class _LineParser:
    def __init__(self, *, escaped: bool) -> None:
        self._escaped = escaped

    def parse(self, text: Text) -> Parsed:
        """Each line as a row of its bytes without its newline; but for those that are too long."""
        every = bytes(text).split(b"\n")[:-1]
        # A transform may make a record longer; before it, a line is what Firehose takes.
        longest = 2 * LARGEST_PAYLOAD if self._escaped else LONGEST_LINE
        kept = [n for n, line in enumerate(every) if len(line) <= longest]
        detail = f"more than {LONGEST_LINE:,} bytes, the rest is left out here"
        rejects = tuple(
            Reject(n, Reason.LINE_TOO_LONG, detail, readable(line[:LONGEST_LINE]))
            for n, line in enumerate(every)
            if len(line) > longest
        )
        records = [unescape(every[n]) if self._escaped else every[n] for n in kept]
        rows = pa.table({"record": pa.array(records, pa.large_binary())})
        lines = np.array(kept, dtype=np.int64) if rejects else None
        return Parsed(rows, lines, rejects, len(every))

    def admit(self, text: Text) -> Parsed:
        """The same: lines have no schema."""
        return self.parse(text)


class TextLines:
    """Any text, line by line; a header would be a record too.

    Records that come from a transform are `escaped`: they may have several lines.
    """

    noun = "records"
    suffixes = (".log", ".txt", ".csv", ".tsv", ".json", ".jsonl", ".ndjson")
    guesses_encoding = False

    def __init__(self, *, escaped: bool) -> None:
        self._escaped = escaped

    def open_log(self, head: bytes, log: str) -> Opening:
        """From the first byte on."""
        return Opening(_LineParser(escaped=self._escaped), 0, 0)
