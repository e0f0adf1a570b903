"""What can be completed: the names of the catalog, asked for once until something may change."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from lakehouse.errors import LakehouseError

if TYPE_CHECKING:
    from lakehouse.query.executions import Executions
    from lakehouse.query.executions.answers import Statements

_T = TypeVar("_T")

KEYWORDS = (
    "ALTER", "AND", "AS", "ASC", "BETWEEN", "BY", "CASE", "CAST", "CREATE", "CROSS JOIN",
    "DATABASE", "DELETE", "DESC", "DESCRIBE", "DISTINCT", "DROP", "ELSE", "END", "EXCEPT",
    "EXECUTE", "EXISTS", "EXPLAIN", "FALSE", "FROM", "FULL JOIN", "GROUP BY", "HAVING", "IN",
    "INSERT INTO", "INTERSECT", "INTERVAL", "IS NOT NULL", "IS NULL", "JOIN", "LEFT JOIN", "LIKE",
    "LIMIT", "MERGE INTO", "NOT", "NULL", "OFFSET", "ON", "OR", "ORDER BY", "OVER",
    "PARTITION BY", "PREPARE", "RIGHT JOIN", "SELECT", "SET", "SHOW CREATE TABLE",
    "SHOW DATABASES", "SHOW TABLES", "TABLE", "THEN", "TRUE", "UNION ALL", "UNNEST", "UPDATE",
    "USING", "VALUES", "VIEW", "WHEN", "WHERE", "WITH",
)  # fmt: skip


class Names:
    """The databases, tables, columns and functions of a session.

    `broken` are the errors of an engine that can't be asked.
    """

    def __init__(self, executions: "Executions", broken: type[Exception]) -> None:
        self._executions = executions
        self._broken = broken
        self._known: dict[tuple[str, ...], Sequence[object]] = {}

    @property
    def _statements(self) -> "Statements":
        return self._executions.statements

    def forget(self) -> None:
        """Ask again, the next time."""
        self._known.clear()

    def databases(self) -> list[str]:
        """The databases; none where they can't be asked for."""
        return self._once(("databases",), self._statements.databases)

    def tables(self, database: str) -> list[str]:
        """The tables of a database."""
        return self._once(("tables", database), lambda: self._statements.tables(database))

    def all_tables(self) -> list[tuple[str, str]]:
        """Every database and table."""
        return [(each, table) for each in self.databases() for table in self.tables(each)]

    def columns(self, table: str) -> list[str]:
        """The columns of a table."""
        found = self._once(("columns", table), lambda: self._statements.columns(table))
        return [name for name, _ in found]

    def functions(self) -> list[str]:
        """The functions of the dialect."""
        return self._once(("functions",), self._statements.functions)

    def _once(self, key: tuple[str, ...], ask: Callable[[], list[_T]]) -> list[_T]:
        if key not in self._known:
            try:
                self._known[key] = ask()
            except (LakehouseError, self._broken):
                return []
        return list(self._known[key])  # type: ignore[arg-type] # what was asked for under that key
