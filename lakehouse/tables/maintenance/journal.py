"""What a run is about to leave behind, noted before it does, for the next one to clear up.

A file of a killed run looks like one that somebody is writing just now, and a file that was
replaced looks like any other that no snapshot leads to: only who put it there can tell.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from lakehouse.tables.maintenance.reachability import plain

Why: TypeAlias = Literal["written", "replaced", "expired"]


@dataclass(frozen=True)
class Note:
    """Why a file may come to be nobody's, and since when: written by a run, replaced, expired."""

    why: Why
    at: datetime


class Journal:
    """The notes about one table, in a file of the home; one run at a time writes them."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @property
    def folder(self) -> Path:
        """Where notes are, and what else a run puts down for a moment."""
        return self._file.parent

    def note(self, why: Why, locations: Iterable[str], at: datetime) -> None:
        """Note files; what was noted of one before is forgotten."""
        lines = [f"{_line(plain(location), Note(why, at))}\n" for location in locations]
        if lines:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a", encoding="utf-8") as stream:
                stream.writelines(lines)

    def notes(self) -> dict[str, Note]:
        """Every note, by the file's location as `plain` has it."""
        if not self._file.exists():
            return {}
        found: dict[str, Note] = {}
        for line in self._file.read_text(encoding="utf-8", errors="replace").splitlines():
            if entry := _parsed(line):
                found[entry[0]] = entry[1]
        return found

    def keep(self, notes: Mapping[str, Note]) -> None:
        """Forget all other notes."""
        if not notes:
            self._file.unlink(missing_ok=True)
            return
        fresh = self._file.with_suffix(".new")
        fresh.write_text("".join(f"{_line(*note)}\n" for note in notes.items()), encoding="utf-8")
        fresh.replace(self._file)

    @property
    def swept_at(self) -> datetime | None:
        """When the table's folders were last looked through."""
        mark = self._file.with_suffix(".swept")
        return datetime.fromtimestamp(mark.stat().st_mtime, UTC) if mark.exists() else None

    def sweep(self, now: datetime) -> None:
        """Note that they were looked through now."""
        mark = self._file.with_suffix(".swept")
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
        os.utime(mark, (now.timestamp(), now.timestamp()))


def _line(location: str, note: Note) -> str:
    return json.dumps([note.at.isoformat(), note.why, location])


def _parsed(line: str) -> tuple[str, Note] | None:
    """A line's location and note; None for one that a killed run did not finish."""
    try:
        at, why, location = json.loads(line)
        when = datetime.fromisoformat(at)
    except (ValueError, TypeError):
        return None
    return (location, Note(why, when.astimezone(UTC))) if why in get_args(Why) else None
