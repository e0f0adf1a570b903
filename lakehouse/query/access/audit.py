"""Who asked what: a journal in the home, a SQLite file that threads and processes share.

An entry costs some 0.1 ms. `audit_history` carries entries over to the table ops.audit in batches.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, Final
from uuid import uuid4

from lakehouse.errors import CatalogError
from lakehouse.query.access.viewer import Viewer

# Below the home.
FOLDER: Final = "access"
FILE: Final = "audit.db"
_CREATE: Final = """
CREATE TABLE IF NOT EXISTS audit (
    id TEXT PRIMARY KEY, asked_at INTEGER, person TEXT, groups TEXT, action TEXT, page TEXT,
    statement TEXT, tables TEXT, row_count INTEGER, allowed INTEGER, reason TEXT,
    execution_id TEXT, row_rules INTEGER, column_rules INTEGER, ended INTEGER,
    carried INTEGER DEFAULT 0
);
CREATE INDEX IF NOT EXISTS by_time ON audit (asked_at);
CREATE INDEX IF NOT EXISTS by_execution ON audit (execution_id) WHERE execution_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS by_carriage ON audit (carried) WHERE carried = 0;
"""
# What runs longer than any statement may was not ended: its process was.
_ABANDONED: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Entry:
    """One question of a person, and whether the rules allowed it.

    `action` is page (a card's statement), statement (of the workbench or a saved dashboard),
    download, or login. `row_count` are the rows that were answered, `row_rules` and `column_rules`
    the snapshots of the rules.
    """

    id: str
    asked_at: datetime
    person: str
    groups: tuple[str, ...]
    action: str
    page: str | None = None
    statement: str | None = None
    tables: tuple[str, ...] = ()
    row_count: int | None = None
    allowed: bool = True
    reason: str | None = None
    execution_id: str | None = None
    row_rules: int | None = None
    column_rules: int | None = None


_COLUMNS: Final = [field.name for field in fields(Entry)]


def entry(viewer: Viewer, action: str, **told: Any) -> Entry:  # noqa: ANN401 - fields of an entry
    """A new entry about a viewer, now."""
    return Entry(
        str(uuid4()),
        datetime.now(UTC),
        viewer.person.name,
        tuple(sorted(viewer.person.groups)),
        action,
        row_rules=viewer.row_rules,
        column_rules=viewer.column_rules,
        **told,
    )


class AuditJournal:
    """What was asked in a home. Any thread and any process may use it."""

    def __init__(self, home: Path) -> None:
        self._file = home / FOLDER / FILE
        self._lock = Lock()
        self._opened: sqlite3.Connection | None = None

    @property
    def exists(self) -> bool:
        """Whether anything was ever entered."""
        return self._file.exists()

    def enter(self, entry: Entry, *, ended: bool = True) -> None:
        """Enter what was asked; what has not `ended` is completed later. Raises CatalogError."""
        values = {**_packed(entry), "ended": ended}
        marks = ", ".join("?" * len(values))
        sql = f"INSERT INTO audit ({', '.join(values)}) VALUES ({marks})"
        self._run(sql, list(values.values()))

    def complete(
        self, execution_id: str, tables: Sequence[str], rows: int | None, reason: str | None
    ) -> None:
        """Enter what became of a statement; `reason` is why it was refused. Raises CatalogError."""
        self._run(
            "UPDATE audit SET tables = ?, row_count = ?, reason = ?, allowed = ?, ended = 1 "
            "WHERE execution_id = ? AND ended = 0",
            [json.dumps(list(tables)), rows, reason, reason is None, execution_id],
        )

    def listed(self, person: str | None = None, limit: int = 100) -> list[Entry]:
        """The newest entries, of one person or of all. Raises CatalogError."""
        where, values = ("person = ?", [person]) if person else ("1", [])
        return self._read(f"{where} ORDER BY asked_at DESC, rowid DESC LIMIT {limit}", values)

    def to_carry(self, limit: int) -> list[Entry]:
        """The oldest entries that were not carried over and won't change. Raises CatalogError."""
        before = _micros(datetime.now(UTC) - _ABANDONED)
        where = f"carried = 0 AND (ended OR asked_at < ?) ORDER BY asked_at LIMIT {limit}"
        return self._read(where, [before])

    def carried(self, entries: Sequence[Entry]) -> None:
        """Enter that they were carried over. Raises CatalogError."""
        for each in entries:
            self._run("UPDATE audit SET carried = 1, ended = 1 WHERE id = ?", [each.id])

    def forget(self, before: datetime) -> None:
        """Forget what was carried over and is older. Raises CatalogError."""
        self._run("DELETE FROM audit WHERE carried = 1 AND asked_at < ?", [_micros(before)])

    def close(self) -> None:
        """Close the file; asked again, it is opened again."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def _read(self, where: str, values: Sequence[object]) -> list[Entry]:
        rows = self._run(f"SELECT {', '.join(_COLUMNS)} FROM audit WHERE {where}", values)
        return [_unpacked(dict(row)) for row in rows]

    def _run(self, sql: str, values: Sequence[object]) -> list[sqlite3.Row]:
        try:
            with self._lock:
                return self._db().execute(sql, list(values)).fetchall()
        except (sqlite3.Error, OSError) as e:
            hint = "move it away: what was carried over is in ops.audit"
            raise CatalogError(f"{self._file} can't be used: {e}", hint=hint) from e

    def _db(self) -> sqlite3.Connection:
        if self._opened is None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(
                self._file, timeout=30, isolation_level=None, check_same_thread=False
            )
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.executescript(_CREATE)
            self._opened = db
        return self._opened


def _packed(entry: Entry) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(entry, name) for name in _COLUMNS}
    values["asked_at"] = _micros(entry.asked_at)
    for name in ("groups", "tables"):
        values[name] = json.dumps(values[name])
    return values


def _unpacked(values: dict[str, Any]) -> Entry:
    values["asked_at"] = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
        microseconds=values["asked_at"]
    )
    values["allowed"] = bool(values["allowed"])
    for name in ("groups", "tables"):
        values[name] = tuple(json.loads(values[name]))
    return Entry(**values)


def _micros(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
