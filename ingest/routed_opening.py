"""A stream that routes its records, opened: its tables, and what their rows are parsed by."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from ingest.keyed_target import KeyedTable, KeyedTarget
from ingest.queries import Queries
from ingest.record_schema import RecordSchema
from ingest.records import Opening, RecordFormat, RecordParser
from ingest.routed_parser import RoutedParser, TableParsers
from ingest.routing import DATABASE, TABLE, Router
from lakehouse.column_settings import Contract
from lakehouse.errors import ConfigError
from lakehouse.stream_settings import StreamSettings
from lakehouse.tables.creation import ensure_table
from lakehouse.tables.fenced_append import commits_together
from lakehouse.tables.ops import ROUTED_SCHEMA
from lakehouse.tables.parquet_layout import Encodings

# The format of a table's records, given the schema that holds them.
Formatted = Callable[[StreamSettings, RecordSchema], RecordFormat]


@dataclass(frozen=True)
class RoutedTable:
    """One of the tables that a stream routes to: what it was declared as, and what holds rows."""

    settings: StreamSettings
    table: Table
    schema: RecordSchema
    encodings: Encodings


class RoutedFormat:
    """The records of several tables in one log."""

    def __init__(
        self, router: Router, tables: Mapping[str, RoutedTable], formatted: Formatted
    ) -> None:
        self._router = router
        self._tables = tables
        self._formatted = formatted
        any_table = next(iter(tables.values()))
        inner = formatted(any_table.settings, any_table.schema)
        self.noun, self.suffixes = inner.noun, inner.suffixes
        self.guesses_encoding = inner.guesses_encoding

    def open_log(self, head: bytes, log: str) -> Opening:
        """As any of the tables' formats does: the lines are the same."""
        parsers: dict[str, TableParsers] = {}
        for name, each in self._tables.items():
            opening = self._open(each.settings, each.schema, head, log)
            keys = None
            if each.settings.unique_keys:
                keys = _alone(self._open(each.settings, _keys(each), head, log))
            parsers[name] = TableParsers(_alone(opening), keys)
        parser = RoutedParser(self._router, parsers)
        return Opening(parser, opening.header_bytes, opening.header_lines)

    def _open(
        self, settings: StreamSettings, schema: RecordSchema, head: bytes, log: str
    ) -> Opening:
        return self._formatted(settings, schema).open_log(head, log)


def router(stream: StreamSettings) -> Router:
    """What routes the stream's records. Raises ConfigError for a query that is none."""
    tables = {name: each.unique_keys for name, each in stream.routed.items()}
    queries = stream.routing.queries if stream.routing else {}
    # With several tables, a transform may leave out the database that they are in by default.
    default = {DATABASE: "landing"}
    if not stream.tables:
        default = dict(zip((DATABASE, TABLE), stream.identifier, strict=True))
    return Router(tables, Queries(queries) if queries else None, default)


def keyed_target(
    catalog: Catalog, stream: StreamSettings, tables: Mapping[str, KeyedTable]
) -> KeyedTarget:
    """The target of a stream that routes its records.

    Raises ConfigError where the catalog can't commit to several tables what can't be taken back.
    """
    if not stream.tables:
        return KeyedTarget(tables, None)
    control = ensure_table(catalog, stream.identifier, ROUTED_SCHEMA)
    if not commits_together(control) and any(each.keys for each in tables.values()):
        raise ConfigError(
            "this catalog commits one table at a time, and updates of one could not be taken "
            "back when those of another fail",
            hint="leave unique_keys out, or declare a stream for each table that has them",
        )
    return KeyedTarget(tables, control)


def keyed_table(each: RoutedTable) -> KeyedTable:
    """One of the target's tables."""
    return KeyedTable(each.table, each.settings.unique_keys, each.encodings)


def _keys(each: RoutedTable) -> RecordSchema:
    """What holds the keys of a record, whatever else is in it."""
    columns = {
        field: replace(column, required=False, contract=Contract.FREEZE)
        for field, column in each.schema.columns.items()
        if column.name in each.settings.unique_keys
    }
    return RecordSchema(columns, Contract.DISCARD, Contract.FREEZE)


def _alone(opening: Opening) -> RecordParser:
    parser = opening.parser
    if not isinstance(parser, RecordParser):
        raise TypeError("a parser of one table routes nothing")
    return parser
