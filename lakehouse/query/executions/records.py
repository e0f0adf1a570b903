"""A query execution: what was asked, what became of it, and what it took."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """Athena's states of a query execution."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def ended(self) -> bool:
        """Whether nothing more will become of it."""
        return self not in (State.QUEUED, State.RUNNING)


@dataclass(frozen=True)
class TableRead:
    """A table that a query read: its state, and the files and bytes of it that were needed.

    `uuid`, `snapshot_id` and `schema_id` together say what its rows and columns were.
    """

    name: str
    uuid: str
    snapshot_id: int | None
    schema_id: int
    files: int = 0
    bytes: int = 0


@dataclass(frozen=True)
class Execution:
    """One query execution; times are UTC, with their zone.

    `kind` is DML, DDL or UTILITY. `bytes_scanned` are compressed bytes of column chunks (see
    `lakehouse.query.executions.scans`). `rows` are the rows of the result, or the rows that were
    written. `tables` and `views` are what was read, views with a digest of their text.
    `result_id` names the execution whose result this one has: its own, or that of an earlier one
    that answered the same. `person` asked it, if somebody had to log in, under rules that have the
    digest `rules` (empty: that show everything).
    """

    id: str
    sql: str
    workgroup: str
    dialect: str
    database: str
    kind: str
    submitted_at: datetime
    parameters: tuple[str, ...] = ()
    state: State = State.QUEUED
    started_at: datetime | None = None
    ended_at: datetime | None = None
    bytes_scanned: int = 0
    files_scanned: int = 0
    rows: int | None = None
    tables: tuple[TableRead, ...] = ()
    views: Mapping[str, str] | None = None
    error_code: str | None = None
    error: str | None = None
    result_location: str | None = None
    result_id: str | None = None
    cost: float = 0.0
    person: str = ""
    rules: str = ""

    @property
    def seconds(self) -> float | None:
        """How long it took from its start to its end, if it has ended."""
        if self.ended_at is None:
            return None
        return (self.ended_at - (self.started_at or self.submitted_at)).total_seconds()

    @property
    def reused(self) -> bool:
        """Whether its result is that of an earlier execution."""
        return self.result_id is not None and self.result_id != self.id
