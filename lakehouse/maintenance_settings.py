"""When a table is put in order, and what is kept: `[maintenance]` of lakehouse.toml."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ByteSize, ConfigDict, Field, PlainSerializer

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"(\d{1,9})\s*([smhd])")


def parse_duration(text: str) -> timedelta:
    """The time that a number and s, m, h or d mean. Raises ValueError for anything else."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError('a duration is a number and s, m, h or d, as in "36h"')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _duration(given: object) -> object:
    return given if isinstance(given, timedelta) else parse_duration(str(given))


def _written(duration: timedelta) -> str:
    return f"{int(duration.total_seconds())}s"


# Settings are handed to other processes as JSON: what is written there must be readable here.
Duration = Annotated[timedelta, BeforeValidator(_duration), PlainSerializer(_written, str)]


class MaintenanceSettings(BaseModel):
    """What `lakehouse tables maintain` aims at. A table's own properties go before these.

    A snapshot expires when it was replaced longer than `snapshot_retention` ago and is not one
    of the last `keep_snapshots` of its branch; a file that nothing refers to is removed when it
    is older than `orphan_age`. Files are rewritten towards `file_size` bytes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    snapshot_retention: Duration = timedelta(days=1)
    keep_snapshots: Annotated[int, Field(ge=1)] = 20
    orphan_age: Duration = timedelta(days=3)
    file_size: Annotated[ByteSize, Field(ge=1 << 20, le=8 << 30)] = ByteSize(256 << 20)
