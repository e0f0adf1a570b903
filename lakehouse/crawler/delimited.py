"""CSV: its delimiter, its header, and the types of its columns.

Rules: Glue's built-in CSV classifier. A file has at least two columns and two rows. A first row is
a header when each of its fields is a text, a name of a column, and shorter than 150 characters (but
the last, which may be empty), and another row has something else than texts.
"""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest

from lakehouse.crawler.kinds import NOTHING, STRING, Kind
from lakehouse.crawler.naming import legal, unique
from lakehouse.crawler.sampling import Sample, UnclassifiedError
from lakehouse.crawler.schemas import FileColumn, FileSchema
from lakehouse.crawler.text_values import kind_of_text, kind_of_texts
from lakehouse.crawler.texts import Found, decoded
from lakehouse.crawler_settings import ClassifierSettings, Delimiter

DELIMITERS: tuple[Delimiter, ...] = (",", "|", "\t", ";", "\x01")
_LONGEST_NAME = 150
_PEEKED = 50  # lines that the delimiter is found by
_CONSISTENT = 0.9
# Glue's pattern of a column's name, blanks and signs in it included.
_COLUMN_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,255}")
_BUILT_IN = ClassifierSettings(delimiter=",")
Rows = list[list[str]]


def delimited(sample: Sample, told: ClassifierSettings | None = None) -> Found:
    """The schema of a CSV file, by a classifier of the person's own where `told`.

    Raises UnclassifiedError for what is none.
    """
    text, encoding = decoded(sample)
    lines = [line.rstrip("\r") for line in text.lstrip("\ufeff").split("\n") if line.strip(" \r")]
    if len(lines) < 2 and not sample.whole:
        raise UnclassifiedError("its second line goes beyond sample_bytes")
    # A file that was cut off, or is still written: its last line says nothing of the others.
    cut = sample.whole and len(lines) > 2 and not text.endswith("\n")
    complete = lines[:-1] if cut else lines
    delimiter = told.delimiter if told and told.delimiter else _delimiter(complete)
    rows = _rows(lines, delimiter)
    width = _width(rows)
    body = [row for row in rows[1:] if row != rows[0]]
    kinds = _kinds(body, width)
    header = _header(rows[0], kinds, (told or _BUILT_IN).header)
    notes = []
    if header is None:
        body, kinds = rows, _kinds(rows, width)
    elif repeated := len(rows) - 1 - len(body):
        notes.append(f"its header stands again in {repeated:,} lines, which are rows")
    if uneven := sum(len(row) != width for row in body):
        notes.append(f"{uneven:,} of the lines that were read have not {width} fields")
    quoted = '"' in text
    repeats = bool(notes) and header is not None
    columns = _columns(header, kinds, repeats=repeats)
    traits = (("delimiter", delimiter), ("header", "1" if header else "0"))
    label = (told and told.classification) or "csv"
    return FileSchema("csv", label, columns, traits, encoding, quoted), tuple(notes)


def _delimiter(lines: Sequence[str]) -> Delimiter:
    """The delimiter that gives most lines as many fields, of several the first."""
    peeked = lines[:_PEEKED]
    if len(peeked) < 2:
        raise UnclassifiedError("it has fewer than two lines")
    best: tuple[float, int] = (0.0, 0)
    chosen: Delimiter | None = None
    for delimiter in DELIMITERS:
        if not any(delimiter in line for line in peeked):
            continue
        counts = Counter(map(len, _parsed(peeked, delimiter)))
        width, lines_of_it = counts.most_common(1)[0]
        share = lines_of_it / counts.total()
        if width > 1 and (share, width) > best:
            best, chosen = (share, width), delimiter
    if chosen is None or best[0] < _CONSISTENT:
        raise UnclassifiedError("its lines are no JSON, match no classifier, and no delimiter fits")
    return chosen


def _parsed(lines: Sequence[str], delimiter: str) -> Rows:
    try:
        return list(csv.reader(lines, delimiter=delimiter))
    except csv.Error as e:
        raise UnclassifiedError(f"it is no CSV: {e}") from e


def _rows(lines: list[str], delimiter: str) -> Rows:
    rows = _parsed(lines, delimiter)
    if len(rows) < 2:
        raise UnclassifiedError("it has fewer than two lines")
    # A line of its own each, or quotes hold line feeds, at which external tables cut rows.
    if len(rows) < len(lines) and any(_is_open(line) for line in lines):
        raise UnclassifiedError("a quoted field goes over several lines, which is not supported")
    return rows


def _is_open(line: str) -> bool:
    return line.count('"') % 2 == 1


def _width(rows: Rows) -> int:
    width = max(len(rows[0]), Counter(map(len, rows)).most_common(1)[0][0])
    if width < 2:
        raise UnclassifiedError("it has fewer than two columns")
    return width


def _kinds(rows: Rows, width: int) -> list[tuple[Kind, bool]]:
    """The type of each column, and whether it has gaps."""
    values = list(zip_longest(*rows, fillvalue=""))[:width]
    kinds = [(kind_of_texts(column), "" in column) for column in values]
    return kinds + [(NOTHING, True)] * (width - len(kinds))


def _header(first: list[str], kinds: list[tuple[Kind, bool]], told: str) -> list[str] | None:
    if told == "absent":
        return None
    if told == "present":
        return first
    if len(first) < 2 or not all(_names_a_column(field) for field in first[:-1]):
        return None
    if first[-1] and not _names_a_column(first[-1]):
        return None
    differs = any(kind not in (STRING, NOTHING) for kind, _ in kinds)
    return first if differs else None


def _names_a_column(field: str) -> bool:
    return (
        len(field) < _LONGEST_NAME
        and _COLUMN_NAME.fullmatch(field) is not None
        and kind_of_text(field) == STRING
    )


def _columns(
    header: list[str] | None, kinds: list[tuple[Kind, bool]], *, repeats: bool
) -> tuple[FileColumn, ...]:
    given = header or []
    plain = [f"col{place}" for place in range(1, len(kinds) + 1)]
    names = [
        legal(given[place], name) if place < len(given) else name
        for place, name in enumerate(plain)
    ]
    return tuple(
        FileColumn(name, kind, "", gaps=repeats or gaps)
        for name, (kind, gaps) in zip(unique(names), kinds, strict=True)
    )
