"""Every error a person can cause, and the exit code each one ends with.

LakehouseError
├── ConfigError          2   lakehouse.toml, LAKEHOUSE_* or a flag is wrong
├── SourceError          3   a log can't be read: missing, empty, corrupt, not an order log
├── CatalogError         4   the catalog is damaged, unreachable, or lacks the table
├── QueryError           5   a SQL statement is wrong or was refused
│   └── AccessError      5   the rules do not let this person see what was asked for
├── BuildError           6   a dbt model failed, or a data test found bad rows
├── ModelError           8   a model can't be fitted on, or asked about, what it was given
├── DeliveryError        9   a message could not be delivered by mail, or to a webhook
└── MachineError         7   the machine said no: port in use, disk full, permission denied
    └── LockedError      7   another process is at work in the same home
        └── PausedError  7   somebody has paused the stream

Codes the tree does not own: 0 success, 1 a bug in this project, 10 an alert is beyond its
threshold (`lakehouse alerts check`), 130 interrupted.
"""

from typing import ClassVar


class LakehouseError(Exception):
    """What went wrong, in `message`, and what to do about it, in `hint`."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(LakehouseError):
    """A setting is unknown, of the wrong type, or out of its range."""

    exit_code = 2


class SourceError(LakehouseError):
    """A source of records can't be read as what it claims to be."""

    exit_code = 3


class CatalogError(LakehouseError):
    """The catalog can't be opened, or does not hold what was asked for."""

    exit_code = 4


class QueryError(LakehouseError):
    """A statement was refused, or failed while it ran."""

    exit_code = 5


class AccessError(QueryError):
    """The rules do not let a person see it, or there are none that could."""


class BuildError(LakehouseError):
    """A model could not be built, or a data test found rows it should not."""

    exit_code = 6


class ModelError(LakehouseError):
    """A model can't be fitted on, or asked about, what it was given."""

    exit_code = 8


class DeliveryError(LakehouseError):
    """A message could not be delivered to one of its targets."""

    exit_code = 9


class MachineError(LakehouseError):
    """The operating system refused: port, disk, permission, memory."""

    exit_code = 7


class LockedError(MachineError):
    """Another process holds the lock of this home."""


class PausedError(LockedError):
    """Somebody has paused the stream: nothing is delivered to it until it is resumed."""
