"""The journal: every query execution of a home, in a SQLite file that processes share.

An execution is written when it is submitted, when it starts and when it ends: each a transaction
of some 0.1 ms. What has ended is carried over to the table ops.query_executions in batches (see
`history`), and forgotten here after a while.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any, Final

from lakehouse.errors import CatalogError
from lakehouse.query.executions.owners import lives
from lakehouse.query.executions.records import Execution, State, TableRead

# Below the home.
FOLDER: Final = "queries"
FILE: Final = "journal.db"
_VERSION: Final = 2
_COLUMNS: Final = [field.name for field in fields(Execution)]
_TIMES: Final = ("submitted_at", "started_at", "ended_at")
_CREATE: Final = """
CREATE TABLE executions (
    id TEXT PRIMARY KEY, sql TEXT, workgroup TEXT, dialect TEXT, database TEXT, kind TEXT,
    submitted_at INTEGER, parameters TEXT, state TEXT, started_at INTEGER, ended_at INTEGER,
    bytes_scanned INTEGER, files_scanned INTEGER, rows INTEGER, tables TEXT, views TEXT,
    error_code TEXT, error TEXT, result_location TEXT, result_id TEXT, cost REAL,
    person TEXT DEFAULT '', rules TEXT DEFAULT '',
    owner TEXT, question TEXT, stop_asked INTEGER DEFAULT 0, carried INTEGER DEFAULT 0
);
CREATE INDEX by_time ON executions (submitted_at);
CREATE INDEX by_question ON executions (question, ended_at) WHERE question IS NOT NULL;
CREATE INDEX by_life ON executions (state) WHERE state IN ('QUEUED', 'RUNNING');
CREATE INDEX by_carriage ON executions (carried) WHERE carried = 0;
"""
# What journals of version 1 lack.
_ADDED: Final = ("person", "rules")
_DEAD: Final = "the process that ran it has ended"


class Journal:
    """The executions of a home. Any thread and any process may use it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._owners = folder / "owners"
        self._lock = Lock()
        self._file = folder / FILE
        try:
            self._open()
        except sqlite3.DatabaseError as e:
            hint = "move it away: the history so far is in ops.query_executions"
            raise CatalogError(f"{self._file} can't be used: {e}", hint=hint) from e

    def _open(self) -> None:
        self._db = sqlite3.connect(
            self._file, timeout=30, isolation_level=None, check_same_thread=False
        )
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        if self._version() < _VERSION:
            self._db.execute("BEGIN IMMEDIATE")
            version = self._version()  # somebody else may have been first
            if version == 0:
                for statement in _CREATE.split(";"):
                    self._db.execute(statement)
            elif version == 1:
                for column in _ADDED:
                    self._db.execute(f"ALTER TABLE executions ADD COLUMN {column} TEXT DEFAULT ''")
            self._db.execute(f"PRAGMA user_version = {_VERSION}")
            self._db.execute("COMMIT")

    def _version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def submit(self, execution: Execution, owner: str) -> None:
        """Enter a new execution."""
        values = {**_packed(execution), "owner": owner}
        marks = ", ".join("?" * len(values))
        self._run(f"INSERT INTO executions ({', '.join(values)}) VALUES ({marks})", values.values())

    def update(self, execution: Execution, question: str | None = None) -> None:
        """Enter what has become of it. `question` is equal for those that ask the same."""
        values = {**_packed(execution), "question": question}
        sets = ", ".join(f"{name} = ?" for name in values)
        self._run(f"UPDATE executions SET {sets} WHERE id = ?", [*values.values(), execution.id])

    def find(self, execution_id: str) -> Execution | None:
        """The execution of that id, or of the only id that begins so."""
        found = self._read("id = ?", [execution_id]) or self._read(
            "substr(id, 1, ?) = ?", [len(execution_id), execution_id]
        )
        return found[0] if len(found) == 1 else None

    def listed(  # noqa: PLR0913 - one keyword a filter
        self,
        *,
        state: State | None = None,
        workgroup: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        containing: str | None = None,
        person: str | None = None,
        limit: int | None = None,
    ) -> list[Execution]:
        """Executions, the newest first."""
        self.bury()
        given: list[tuple[str, object]] = []
        if state:
            given.append(("state = ?", state))
        if workgroup:
            given.append(("workgroup = ?", workgroup))
        if since:
            given.append(("submitted_at >= ?", _micros(since)))
        if until:
            given.append(("submitted_at < ?", _micros(until)))
        if containing:
            given.append(("instr(lower(sql), lower(?)) > 0", containing))
        if person is not None:
            given.append(("person = ?", person))
        where = " AND ".join(condition for condition, _ in given) or "1"
        rest = f" ORDER BY submitted_at DESC, rowid DESC LIMIT {-1 if limit is None else limit}"
        return self._read(where + rest, [value for _, value in given])

    def answered(self, question: str, since: datetime) -> list[Execution]:
        """Those that answered the same question by an own scan since then, the newest first."""
        where = "question = ? AND state = 'SUCCEEDED' AND ended_at >= ? AND result_id = id"
        return self._read(f"{where} ORDER BY ended_at DESC LIMIT 5", [question, _micros(since)])

    def ask_to_stop(self, execution_id: str) -> None:
        """Ask whoever runs it to cancel it."""
        self._run("UPDATE executions SET stop_asked = 1 WHERE id = ?", [execution_id])

    def stop_asked(self, execution_id: str) -> bool:
        """Whether somebody asked for that."""
        found = self._run("SELECT stop_asked FROM executions WHERE id = ?", [execution_id])
        return bool(found and found[0][0])

    def bury(self) -> None:
        """End the executions whose process has died; cancelled if that was asked, else failed."""
        running = self._run(
            "SELECT id, owner, stop_asked FROM executions WHERE state IN ('QUEUED', 'RUNNING')", []
        )
        dead = {row["owner"] for row in running if not lives(self._owners, row["owner"])}
        for row in running:
            if row["owner"] in dead:
                state = State.CANCELLED if row["stop_asked"] else State.FAILED
                self._run(
                    "UPDATE executions SET state = ?, ended_at = ?, error_code = ?, error = ? "
                    "WHERE id = ? AND state IN ('QUEUED', 'RUNNING')",
                    [state, _micros(datetime.now(UTC)), "GENERIC_INTERNAL_ERROR", _DEAD, row["id"]],
                )

    @property
    def owners(self) -> Path:
        """The folder of the owners' locks."""
        return self._owners

    # --- what is carried over, and forgotten

    def waiting(self) -> int:
        """How many have ended and were not carried over yet."""
        where = "carried = 0 AND state NOT IN ('QUEUED', 'RUNNING')"
        return int(self._run(f"SELECT count(*) FROM executions WHERE {where}", [])[0][0])

    def to_carry(self, limit: int) -> list[Execution]:
        """The oldest of those."""
        where = "carried = 0 AND state NOT IN ('QUEUED', 'RUNNING')"
        return self._read(f"{where} ORDER BY submitted_at LIMIT {limit}", [])

    def carried(self, executions: Iterable[Execution]) -> None:
        """Enter that they were carried over."""
        with self._lock:
            self._db.executemany(
                "UPDATE executions SET carried = 1 WHERE id = ?", [[e.id] for e in executions]
            )

    def forget(self, before: datetime) -> list[Execution]:
        """Forget those that ended before then and were carried over; returns them."""
        where = "carried = 1 AND ended_at < ?"
        gone = self._read(where, [_micros(before)])
        self._run(f"DELETE FROM executions WHERE {where}", [_micros(before)])
        return gone

    # --- rows

    def _read(self, where: str, values: Sequence[object]) -> list[Execution]:
        columns = ", ".join(_COLUMNS)
        rows = self._run(f"SELECT {columns} FROM executions WHERE {where}", values)
        return [_unpacked(dict(row)) for row in rows]

    def _run(self, sql: str, values: Iterable[object]) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(sql, list(values)).fetchall()


def _packed(execution: Execution) -> dict[str, object]:
    values: dict[str, Any] = {name: getattr(execution, name) for name in _COLUMNS}
    for name in _TIMES:
        values[name] = None if values[name] is None else _micros(values[name])
    values["parameters"] = json.dumps(values["parameters"])
    values["tables"] = json.dumps([asdict(each) for each in execution.tables])
    values["views"] = json.dumps(dict(execution.views or {}))
    return values


def _unpacked(values: dict[str, Any]) -> Execution:
    for name in _TIMES:
        values[name] = None if values[name] is None else _moment(values[name])
    values["state"] = State(values["state"])
    values["parameters"] = tuple(json.loads(values["parameters"]))
    values["tables"] = tuple(TableRead(**each) for each in json.loads(values["tables"]))
    values["views"] = json.loads(values["views"])
    return Execution(**values)


def _micros(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _moment(micros: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
