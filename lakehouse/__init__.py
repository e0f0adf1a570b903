"""The AWS analytics stack, running for real on one machine.

`lakehouse.connect()` opens a DB-API 2.0 connection; see `lakehouse.dbapi`, whose names this module
has too. They are loaded when they are first used.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_OF_DBAPI = frozenset({
    "BINARY", "Binary", "Connection", "Cursor", "DATETIME", "DataError", "DatabaseError", "Date",
    "DateFromTicks", "Error", "IntegrityError", "InterfaceError", "InternalError", "NUMBER",
    "NotSupportedError", "OperationalError", "ProgrammingError", "ROWID", "STRING", "Time",
    "TimeFromTicks", "Timestamp", "TimestampFromTicks", "Warning", "apilevel", "connect",
    "paramstyle", "threadsafety",
})  # fmt: skip


def __getattr__(name: str) -> Any:  # noqa: ANN401 - of any of those
    if name in _OF_DBAPI:
        return getattr(import_module("lakehouse.dbapi"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_OF_DBAPI})
