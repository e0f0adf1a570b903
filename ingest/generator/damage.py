"""Lines that a writer spoils: what a landing must refuse without harm to their neighbours.

A spoiled line stands before the line it was meant to be: the writer stumbled and wrote it again.
So the sound lines of a log are the same with and without damage.
"""

import csv
import io
from collections.abc import Callable
from datetime import date

import numpy as np

from ingest.generator.day_texts import line_ends
from ingest.generator.draws import Purpose, stream
from lakehouse.config import GenerateSettings

Fields = list[str]


def damaged(settings: GenerateSettings, day: date, text: bytes) -> bytes:
    """The text of a day with spoiled lines put in, the share of `settings.bad_lines`."""
    random = stream(settings.seed, Purpose.DAMAGE, day.toordinal())
    ends = line_ends(text)
    spoiled = np.flatnonzero(random.random(len(ends)) < settings.bad_lines)
    kinds = random.integers(0, len(DAMAGES), len(spoiled))
    pieces, done = [], 0
    for line, kind in zip(spoiled.tolist(), kinds.tolist(), strict=True):
        start = int(ends[line - 1]) if line else 0
        pieces += [text[done:start], DAMAGES[kind](text[start : int(ends[line]) - 1]), b"\n"]
        done = start
    return b"".join([*pieces, text[done:]])


def torn(line: bytes) -> bytes:
    """The first half of the line: the process died, or the disk was full for a moment."""
    return line[: len(line) // 2]


def unclosed(line: bytes) -> bytes:
    """A description whose quote is never closed."""
    return _changed(line, lambda f: [*f[:2], "", *f[3:]]).replace(b",,", b',"LOOSE QUOTE,', 1)


def widened(line: bytes) -> bytes:
    """A description with a comma that was not quoted: one column too many."""
    return _changed(line, lambda f: [*f[:3], "LARGE", *f[3:]])


def without_code(line: bytes) -> bytes:
    """No stock code."""
    return _changed(line, lambda f: [f[0], "", *f[2:]])


def wordy(line: bytes) -> bytes:
    """A quantity in words."""
    return _changed(line, lambda f: [*f[:3], "a dozen", *f[4:]])


def misdated(line: bytes) -> bytes:
    """A day that no month has."""
    return _changed(line, lambda f: [*f[:4], f"{f[4][:8]}32{f[4][10:]}", *f[5:]])


def unpriced(line: bytes) -> bytes:
    """A price that is no number."""
    return _changed(line, lambda f: [*f[:5], "n/a", *f[6:]])


def filled(line: bytes) -> bytes:
    """A block of NUL bytes, as a file system leaves behind after a power cut."""
    return b"\0" * len(line)


DAMAGES: tuple[Callable[[bytes], bytes], ...] = (
    torn,
    unclosed,
    widened,
    without_code,
    wordy,
    misdated,
    unpriced,
    filled,
)


def _changed(line: bytes, change: Callable[[Fields], Fields]) -> bytes:
    fields = next(csv.reader([line.decode()]))
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(change(fields))
    return written.getvalue().encode()
