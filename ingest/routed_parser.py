"""Parsing for several tables: each record by the parser of the table it is routed to."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingest.error_records import ErrorType, Failure
from ingest.records import Parsed, Part, RecordParser, Records, as_received
from ingest.rejects import Reason, Reject, readable
from ingest.routing import Operation, RouteError, Router
from ingest.screening import LONGEST_LINE


@dataclass(frozen=True)
class TableParsers:
    """The parser of a table's rows, and that of the keys of rows that are to be deleted."""

    rows: RecordParser
    keys: RecordParser | None


class RoutedParser:
    """Parses records by their routes, of which a text alone does not tell."""

    def __init__(self, router: Router, parsers: Mapping[str, TableParsers]) -> None:
        self._router = router
        self._parsers = parsers

    def parse_routed(self, records: Records, *, admit: bool) -> Parsed:
        """What becomes of the records, table by table; indices are those of the block."""
        routed, refused = self._routed(records)
        parts: list[Part] = []
        rejects = refused
        drifted = False
        for (table, operation), (lines, texts) in routed.items():
            parsers = self._parsers[table]
            parser = parsers.keys if operation is Operation.DELETE else parsers.rows
            if parser is None:
                raise RuntimeError(f"{table} has no keys, and a record to delete")
            text = b"".join(texts)
            parsed = parser.admit(text) if admit else parser.parse(text)
            drifted = drifted or parsed.drifted
            rejects += [_moved(reject, lines) for reject in parsed.rejects]
            numbers = np.array(lines, dtype=np.int64)
            landed = numbers if parsed.lines is None else numbers[parsed.lines]
            part = Part(table, operation, parsed.rows, landed)
            if operation is not Operation.INSERT:
                part, without = _with_keys(
                    part, self._router.tables[table], dict(zip(lines, texts, strict=True))
                )
                rejects += without
            parts.append(part)
        rejects = [*records.rejects, *as_received(rejects, records)]
        rejects.sort(key=lambda reject: reject.line)
        return Parsed(pa.table({}), None, tuple(rejects), records.count, drifted, tuple(parts))

    def _routed(
        self, records: Records
    ) -> tuple[dict[tuple[str, Operation], tuple[list[int], list[bytes]]], list[Reject]]:
        """The lines of each table and operation, and those that have no route."""
        routed: dict[tuple[str, Operation], tuple[list[int], list[bytes]]] = defaultdict(
            lambda: ([], [])
        )
        refused = []
        every = range(records.count) if records.lines is None else records.lines.tolist()
        texts = [text + b"\n" for text in bytes(records.text).split(b"\n")[:-1]]
        for line, text in zip(every, texts, strict=True):
            try:
                route = self._router.route(text, records.metadata.get(line))
            except RouteError as e:
                refused.append(_refusal(line, text, e.reason, str(e)))
                continue
            mine, content = routed[route.table, route.operation]
            mine.append(line)
            content.append(text)
        return dict(routed), refused


def _with_keys(
    part: Part, keys: Sequence[str], texts: Mapping[int, bytes]
) -> tuple[Part, list[Reject]]:
    """The part's records that have a value for every key, and the rest."""
    missing = np.zeros(len(part.rows), dtype=bool)
    for key in keys:
        missing |= pc.is_null(part.rows[key]).to_numpy(zero_copy_only=False)
    if not missing.any():
        return part, []
    rejects = [
        _refusal(
            int(line), texts[int(line)], Reason.NO_UNIQUE_KEY, f"no value of {', '.join(keys)}"
        )
        for line in part.lines[missing]
    ]
    rows = part.rows.filter(pa.array(~missing))
    return Part(part.table, part.operation, rows, part.lines[~missing]), rejects


def _moved(reject: Reject, lines: Sequence[int]) -> Reject:
    return Reject(lines[reject.line], reject.reason, reject.detail, reject.raw, reject.failure)


def _refusal(line: int, text: bytes, reason: Reason, detail: str) -> Reject:
    failure = Failure(ErrorType.ICEBERG, reason.value, detail)
    return Reject(line, reason, detail, readable(text.rstrip(b"\r\n")[:LONGEST_LINE]), failure)
