"""When a stream's logs had last been read to their ends: what tells how old is what waits.

Kept as the time of an empty file in the home, because nothing is committed when nothing is new.
"""

from datetime import UTC, datetime
from pathlib import Path


def mark_all_read(stream: str, home: Path) -> None:
    """Everything that was there is delivered now."""
    _file(stream, home).touch()


def all_read_at(stream: str, home: Path) -> datetime | None:
    """When that was last so, in UTC; None when it never was, or on another machine."""
    try:
        return datetime.fromtimestamp(_file(stream, home).stat().st_mtime, UTC)
    except FileNotFoundError:
        return None


def _file(stream: str, home: Path) -> Path:
    return home / f"ingest-{stream}.read"
