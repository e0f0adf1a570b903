"""Which table a record goes to, and what it does there: Firehose's routing to Iceberg tables.

https://docs.aws.amazon.com/firehose/latest/dev/apache-iceberg-format-input-record-different.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ingest.queries import Queries, QueryError, as_text
from ingest.rejects import Reason
from ingest.transforms.contract import Metadata

DATABASE, TABLE, OPERATION = "database", "table", "operation"
# What a transform calls them in the otfMetadata of a record.
_IN_METADATA = {
    DATABASE: "destinationDatabaseName",
    TABLE: "destinationTableName",
    OPERATION: "operation",
}


class Operation(StrEnum):
    """What a record does: adds a row, takes the place of rows with its key, or removes them."""

    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"


class RouteError(Exception):
    """A record that can't be routed."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True)
class Route:
    """Where a record goes, and what it does there."""

    table: str
    operation: Operation


@dataclass(frozen=True)
class Router:
    """Routes records to tables, given with their unique keys.

    What a transform said of a record comes first, then what the queries find; a stream with one
    table needs neither for that. A record that names no operation is inserted.
    """

    tables: Mapping[str, tuple[str, ...]]
    queries: Queries | None = None
    default: Mapping[str, str] = field(default_factory=dict)

    def route(self, record: bytes, metadata: Metadata | None) -> Route:
        """The route of a record. Raises RouteError when there is none."""
        said = metadata.table if metadata else {}
        found: dict[str, object] = {
            name: said[key] for name, key in _IN_METADATA.items() if said.get(key)
        }
        if self.queries and len(found) < len(_IN_METADATA):
            try:
                asked = self.queries.ask(record)
            except QueryError as e:
                raise RouteError(Reason.NO_ROUTE, f"no route from the record: {e}") from e
            found = {name: value for name, value in asked.items() if value is not None} | found
        return self._checked({**self.default, **found})

    def _checked(self, found: Mapping[str, object]) -> Route:
        database, name = as_text(found.get(DATABASE)), as_text(found.get(TABLE))
        if not database or not name:
            raise RouteError(Reason.NO_ROUTE, "the record names no table")
        table = f"{database}.{name}"
        if table not in self.tables:
            raise RouteError(Reason.NO_SUCH_TABLE, f"the stream has no table {table[:100]!r}")
        text = as_text(found.get(OPERATION, Operation.INSERT.value))
        try:
            operation = Operation((text or "").lower())
        except ValueError as e:
            known = ", ".join(Operation)
            detail = f"operation {str(text)[:100]!r} is none of {known}"
            raise RouteError(Reason.BAD_OPERATION, detail) from e
        if operation is not Operation.INSERT and not self.tables[table]:
            detail = f"{operation.value} needs unique keys, which {table} has none of"
            raise RouteError(Reason.NO_UNIQUE_KEY, detail)
        return Route(table, operation)
