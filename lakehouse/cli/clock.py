"""The clock of a command: what it is handed on starts here."""

from datetime import UTC, datetime


def now() -> datetime:
    """The time in UTC, without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)
