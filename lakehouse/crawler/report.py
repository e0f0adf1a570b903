"""What a crawl did, and why: events, which are rows of `ops.crawls` as well."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

# What was done to a table, what was seen and left alone, or what a file is.
Action: TypeAlias = Literal[
    "created", "updated", "partitions", "deprecated", "deleted", "landed",
    "logged", "refused", "noted", "unclassified", "unreadable", "vanished",
]  # fmt: skip
CHANGES = ("created", "updated", "partitions", "deprecated", "deleted", "landed")


@dataclass(frozen=True)
class Event:
    """What was done or seen: to a table, or to a file by its path below the crawler's."""

    action: Action
    reason: str
    table: str | None = None
    file: str | None = None


@dataclass
class CrawlReport:
    """A crawl; `started_at` in UTC. `files` were listed, `files_read` of them opened."""

    crawl_id: str
    crawler: str
    path: str
    started_at: datetime
    dry_run: bool = False
    seconds: float = 0.0
    files: int = 0
    files_read: int = 0
    bytes_read: int = 0
    tables: tuple[str, ...] = ()
    events: list[Event] = field(default_factory=list)

    def tell(
        self, action: Action, reason: str, *, table: str | None = None, file: str | None = None
    ) -> None:
        """Add an event."""
        self.events.append(Event(action, reason, table, file))
