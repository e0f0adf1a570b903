"""The type objects and constructors of PEP 249. Binary and the dates are Python's own."""

import time as clock
from collections.abc import Collection
from datetime import date, datetime, time


class TypeObject:
    """Equals the type of any column of its kind, by the name Athena (or DuckDB) gives that type."""

    def __init__(self, name: str, bases: Collection[str]) -> None:
        self._name = name
        self._bases = frozenset(bases)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, TypeObject):
            return self is other
        return isinstance(other, str) and other.partition("(")[0].strip().lower() in self._bases

    def __hash__(self) -> int:
        return hash(self._name)

    def __repr__(self) -> str:
        return f"lakehouse.{self._name}"


STRING = TypeObject("STRING", {"varchar", "char", "json", "uuid", "ipaddress", "enum"})
BINARY = TypeObject("BINARY", {"varbinary", "blob"})
NUMBER = TypeObject(
    "NUMBER",
    {
        "tinyint", "smallint", "integer", "bigint", "hugeint", "real", "float", "double",
        "decimal", "utinyint", "usmallint", "uinteger", "ubigint", "uhugeint",
    },
)  # fmt: skip
DATETIME = TypeObject("DATETIME", {"date", "time", "timestamp", "timestamp with time zone"})
ROWID = TypeObject("ROWID", ())

Date = date
Time = time
Timestamp = datetime
Binary = bytes


def DateFromTicks(ticks: float) -> date:  # noqa: N802 - PEP 249 calls it so
    """The local date at so many seconds since 1970."""
    return date(*clock.localtime(ticks)[:3])


def TimeFromTicks(ticks: float) -> time:  # noqa: N802 - PEP 249 calls it so
    """The local time then."""
    return time(*clock.localtime(ticks)[3:6])


def TimestampFromTicks(ticks: float) -> datetime:  # noqa: N802 - PEP 249 calls it so
    """The local date and time then."""
    return datetime(*clock.localtime(ticks)[:6])  # noqa: DTZ001 - without a zone, as PEP 249 has it
