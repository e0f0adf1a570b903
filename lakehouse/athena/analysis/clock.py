"""The time a statement sees: one instant for the whole of it, in the session's zone, UTC."""

from dataclasses import dataclass
from datetime import UTC, datetime

from lakehouse.athena.analysis.value import Value
from lakehouse.athena.errors import not_supported
from lakehouse.athena.syntax import nodes as n
from lakehouse.athena.types import DATE, MAX_FRACTION, Type, timestamp, zoned


@dataclass(frozen=True)
class StatementClock:
    """The start of the statement; tests pass their own."""

    now: datetime

    @classmethod
    def started(cls) -> "StatementClock":
        """A clock that stands at this moment."""
        return cls(datetime.now(UTC))

    def value(self, node: n.CurrentTime) -> Value:
        """CURRENT_DATE, _TIMESTAMP, LOCALTIMESTAMP and LOCALTIME: three digits by default."""
        if node.name == "current_date":
            return Value(f"CAST('{self.now:%Y-%m-%d}' AS DATE)", DATE)
        digits = 3 if node.precision is None else node.precision
        if digits > MAX_FRACTION:
            raise not_supported(f"More than {MAX_FRACTION} digits of a second", node.position)
        unit = 10 ** (6 - digits)
        shown = self.now.replace(microsecond=self.now.microsecond // unit * unit)
        local = f"{shown:%Y-%m-%d %H:%M:%S.%f}"
        if node.name == "localtimestamp":
            return Value(f"CAST('{local}' AS TIMESTAMP)", timestamp(digits))
        if node.name == "current_timestamp":
            return Value(f"CAST('{local}+00' AS TIMESTAMPTZ)", zoned(digits, "UTC"))
        if node.name == "localtime":
            return Value(f"CAST('{local[11:]}' AS TIME)", Type("time", (digits,)))
        raise not_supported("CURRENT_TIME", node.position)
