"""Lines as they are: the format of streams whose records go to objects."""

import numpy as np
import pyarrow as pa

from ingest.records import Opening, Parsed
from ingest.rejects import Reason, Reject, readable
from ingest.screening import LONGEST_LINE, Text


class _LineParser:
    def parse(self, text: Text) -> Parsed:
        """Each line as a row of its bytes without its newline; but for those that are too long."""
        every = bytes(text).split(b"\n")[:-1]
        kept = [n for n, line in enumerate(every) if len(line) <= LONGEST_LINE]
        detail = f"more than {LONGEST_LINE:,} bytes, the rest is left out here"
        rejects = tuple(
            Reject(n, Reason.LINE_TOO_LONG, detail, readable(line[:LONGEST_LINE]))
            for n, line in enumerate(every)
            if len(line) > LONGEST_LINE
        )
        rows = pa.table({"record": pa.array([every[n] for n in kept], pa.large_binary())})
        lines = np.array(kept, dtype=np.int64) if rejects else None
        return Parsed(rows, lines, rejects, len(every))

    def admit(self, text: Text) -> Parsed:
        """The same: lines have no schema."""
        return self.parse(text)


class TextLines:
    """Any text, line by line; a header would be a record too."""

    noun = "records"
    suffixes = (".log", ".txt", ".csv", ".tsv", ".json", ".jsonl", ".ndjson")
    guesses_encoding = False

    def open_log(self, head: bytes, log: str) -> Opening:
        """From the first byte on."""
        return Opening(_LineParser(), 0, 0)
