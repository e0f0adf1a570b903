"""The exceptions of PEP 249, and which one an error of the lakehouse is.

Exception
├── Warning
└── Error
    ├── InterfaceError          the connection or cursor is used wrongly
    └── DatabaseError
        ├── DataError           a value: division by zero, out of range, no such cast
        ├── OperationalError    catalog, memory, time, a cancelled query
        ├── IntegrityError      never: tables have no constraints
        ├── InternalError       a bug in this project
        ├── ProgrammingError    the SQL: syntax, names, types, permissions
        └── NotSupportedError   what this dialect does not do
"""

from lakehouse.errors import CatalogError, ConfigError, LakehouseError, MachineError
from lakehouse.query.executions.errors import code_of


class Warning(Exception):  # noqa: A001, N818 - PEP 249 calls it so
    """Never raised."""


class Error(Exception):
    """Any error. `code` is Athena's, `hint` says what to do about it."""

    def __init__(self, message: str, *, code: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.hint = hint


class InterfaceError(Error):
    """The connection or the cursor is used wrongly."""


class DatabaseError(Error):
    """Something about the database."""


class DataError(DatabaseError):
    """A value can't be computed."""


class OperationalError(DatabaseError):
    """The catalog or the machine refused, or the query was ended."""


class IntegrityError(DatabaseError):
    """Never raised: tables have no constraints."""


class InternalError(DatabaseError):
    """A bug in this project."""


class ProgrammingError(DatabaseError):
    """The statement is wrong, or not permitted."""


class NotSupportedError(DatabaseError):
    """What this dialect does not do."""


_BY_CODE: dict[str, type[DatabaseError]] = {
    "NOT_SUPPORTED": NotSupportedError,
    "DIVISION_BY_ZERO": DataError,
    "NUMERIC_VALUE_OUT_OF_RANGE": DataError,
    "INVALID_CAST_ARGUMENT": DataError,
    "INVALID_FUNCTION_ARGUMENT": DataError,
    "USER_CANCELED": OperationalError,
    "EXCEEDED_SCAN_LIMIT": OperationalError,
    "EXCEEDED_LOCAL_MEMORY_LIMIT": OperationalError,
    "ICEBERG_COMMIT_ERROR": OperationalError,
    "GENERIC_INTERNAL_ERROR": InternalError,
}


def translated(error: LakehouseError) -> Error:
    """The exception of PEP 249 for an error of the lakehouse."""
    if isinstance(error, ConfigError):
        return InterfaceError(error.message, hint=error.hint)
    code = code_of(error)
    kind = _BY_CODE.get(code, ProgrammingError)
    if isinstance(error, CatalogError | MachineError):
        kind = OperationalError
    return kind(error.message, code=code, hint=error.hint)
