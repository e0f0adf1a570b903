"""What the operations page asks of the tables about the lakehouse itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.bi.statement import Answer, Statement
from lakehouse.query.operations import Operations

Ask = Callable[[Statement], Answer]
SHOWN = 100


@dataclass(frozen=True)
class Stream:
    """A delivery stream: its deliveries, the last of them, and what became of the lines read.

    `lag_bytes` waited in the logs when the last delivery was made; None: not known.
    """

    name: str
    deliveries: int
    last_at: datetime
    lines: int
    landed: int
    rejected: int
    dropped: int
    lag_bytes: int | None


def asking(about_itself: Operations) -> Ask:
    """What answers the statements about the lakehouse."""

    def ask(statement: Statement) -> Answer:
        return Answer(statement, about_itself.query(statement.sql, statement.parameters))

    return ask


def streams(ask: Ask) -> tuple[Answer, list[Stream]]:
    """Every stream that has delivered, by name."""
    answer = ask(
        Statement(
            """
select stream, max(sequence) as deliveries, max(committed_at) as last_at,
    cast(sum(lines) as bigint) as lines, cast(sum(landed) as bigint) as landed,
    cast(sum(rejected) as bigint) as rejected,
    cast(sum(coalesce(dropped, 0)) as bigint) as dropped, max_by(lag_bytes, sequence) as lag_bytes
from ops.deliveries
group by stream
order by stream"""
        )
    )
    return answer, [Stream(*row.values()) for row in answer.table.to_pylist()]


def rejects(ask: Ask) -> tuple[Answer, list[dict[str, Any]]]:
    """Rejected lines by stream and reason, the most first: stream, reason, lines."""
    return _rows(
        ask,
        """
select stream, reason, count(*) as lines
from landing.rejects
group by stream, reason
order by 3 desc, stream, reason""",
    )


def publications(ask: Ask) -> tuple[Answer, list[dict[str, Any]]]:
    """The last publications: publication_id, published_at, tables, rows."""
    return _rows(
        ask,
        f"""
select publication_id, max(published_at) as published_at, count(*) as tables,
    cast(sum(coalesce(row_count, 0)) as bigint) as row_count
from ops.publications
group by publication_id
order by publication_id desc
limit {SHOWN}""",
    )


def maintenance(ask: Ask) -> tuple[Answer, list[dict[str, Any]]]:
    """The last actions of maintenance, the newest first."""
    return _rows(
        ask,
        f"""
select started_at, "table", action, reason, files_before, files_after, bytes_before, bytes_after,
    seconds
from ops.maintenance
order by started_at desc, "table", action
limit {SHOWN}""",
    )


def _rows(ask: Ask, sql: str) -> tuple[Answer, list[dict[str, Any]]]:
    answer = ask(Statement(sql))
    return answer, answer.table.to_pylist()
