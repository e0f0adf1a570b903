"""An external table as the engine reads it: the one place that makes SQL of a definition."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from lakehouse.athena.engine.function_error import FunctionError
from lakehouse.athena.errors import AthenaError, not_supported, raised
from lakehouse.athena.external import columnar, lines
from lakehouse.athena.external.partitions import NULL, check_value
from lakehouse.athena.external.places import Places, files_of
from lakehouse.athena.external.serdes import kind_of
from lakehouse.athena.schema import Schema, TableColumns
from lakehouse.athena.statements.hive_types import type_of_glue
from lakehouse.athena.types import VARCHAR, Type, engine_type, identifier, text, timestamp
from lakehouse.catalog.external_tables import ExternalPartition, ExternalTable
from lakehouse.query.diagnosis import taken_apart
from lakehouse.query.session import Session
from lakehouse.query.worker import Files

PATH = "$path"
EXTERNAL = "an external table"
_READERS = {
    "parquet": "read_parquet([{0}], union_by_name = true, filename = '$path', "
    "hive_partitioning = false)",
    "avro": "read_avro([{0}], filename = '$path')",
}
# Keys that Arrow compares by itself; others it keeps as texts.
_ARROW = {
    "tinyint": "int8", "smallint": "int16", "integer": "int32", "bigint": "int64", "date": "date32",
}  # fmt: skip
# Compressions that nothing here reads; the others are told by the same ends of names.
_UNREAD = (".snappy", ".lzo", ".deflate", ".lz", ".z", ".7z", ".tar")
# What a table of Glue's may say that would change what its rows are.
_REFUSED = (
    ("projection.enabled", "true", "Partition projection"),
    ("has_encrypted_data", "true", "Encrypted data"),
)

Columns = list[tuple[str, Type]]


@dataclass(frozen=True)
class ExternalSchema:
    """Finds external tables where `tables` finds none.

    `find` gives a definition by the parts of a name; files are read by the session's worker.
    """

    tables: Schema
    find: Callable[[tuple[str, ...]], ExternalTable | None]
    session: Session
    places: Places

    def table(self, parts: tuple[str, ...]) -> TableColumns | None:
        """The table of a dotted name, or None."""
        found = self.tables.table(parts)
        if found is not None:
            return found
        table = self.find(parts)
        return _Reading(table, self.session, self.places).relation() if table else None


def columns_of(table: ExternalTable) -> tuple[Columns, Columns]:
    """The columns and the partition keys with their types. Raises NOT_SUPPORTED."""
    return (
        [(column.name, _in_milliseconds(type_of_glue(column.type))) for column in table.columns],
        [(key.name, _in_milliseconds(type_of_glue(key.type))) for key in table.partition_keys],
    )


def _in_milliseconds(made: Type) -> Type:
    """Athena reads timestamps of external tables as timestamp(3)."""
    if made.base == "timestamp":
        return timestamp(3)
    return replace(made, children=tuple(map(_in_milliseconds, made.children)))


def refuse_properties(table: ExternalTable) -> None:
    """Raise NOT_SUPPORTED for what a table says and nothing here does."""
    for name, value, what in _REFUSED:
        if table.parameters.get(name, "").lower() == value:
            hint = "ALTER TABLE ... ADD PARTITION or MSCK REPAIR TABLE registers partitions"
            raise AthenaError("NOT_SUPPORTED", f"{what} ({name}) is not supported", hint=hint)
    if table.parameters.get("skip.footer.line.count", "0").strip() != "0":
        raise not_supported("The table property skip.footer.line.count")
    _skipped(table)


def _skipped(table: ExternalTable) -> int:
    given = table.parameters.get("skip.header.line.count", "0").strip()
    if not given.isdecimal():
        message = f"Invalid value for skip.header.line.count property: {given}"
        raise AthenaError("HIVE_INVALID_METADATA", message)
    return int(given)


class _Reading:
    def __init__(self, table: ExternalTable, session: Session, places: Places) -> None:
        refuse_properties(table)
        self._table = table
        self._session = session
        self._places = places
        self._kind = kind_of(table.serde)
        self._columns, self._keys = columns_of(table)

    def relation(self) -> TableColumns:
        table = self._table
        name = ("awsdatacatalog", table.database, table.name)
        columns = (*self._columns, *self._keys)
        partitions = [(p, self._files(p.location)) for p in self._partitions()]
        sql = " UNION ALL ".join(self._parts([(p, files) for p, files in partitions if files]))
        if not sql:
            nothing = ", ".join(
                f"CAST(NULL AS {engine_type(made)}) AS {identifier(column)}"
                for column, made in (*columns, (PATH, VARCHAR))
            )
            sql = f"SELECT {nothing} LIMIT 0"
        hidden = ((PATH, VARCHAR, identifier(PATH)),)
        return TableColumns(f"({sql})", name, columns, False, hidden, EXTERNAL)

    def _partitions(self) -> Sequence[ExternalPartition]:
        table = self._table
        if not table.partition_keys:
            return [ExternalPartition((), table.location)]
        for partition in table.partitions:
            for key, value in zip(table.partition_keys, partition.values, strict=True):
                check_value(key.name, key.type, value)
        return table.partitions

    def _files(self, location: str) -> list[Path]:
        found = files_of(self._table, location, self._places)
        for file in found:
            if self._kind in ("lazy", "csv", "openx", "json", "regex", "grok"):
                _refuse_compression(file)
        return found

    def _parts(self, partitions: list[tuple[ExternalPartition, list[Path]]]) -> list[str]:
        if not partitions:
            return []
        if self._kind in _READERS:
            self._session.open_folders(
                str(self._places.folder(partition.location)) for partition, _ in partitions
            )
            return [
                self._scanned(partition, group)
                for partition, files in partitions
                # The reader of Avro takes files of one schema only.
                for group in ([[file] for file in files] if self._kind == "avro" else [files])
            ]
        if self._kind == "orc":
            return [self._orc(name) for name in self._held("orc", partitions)]
        return [self._lines(name) for name in self._held("lines", partitions)]

    # --- files that Arrow reads

    def _held(self, kind: str, partitions: list[tuple[ExternalPartition, list[Path]]]) -> list[str]:
        name = f"{self._table.database}.{self._table.name}#"
        files = [
            (str(file), [None if value == NULL else value for value in partition.values])
            for partition, found in partitions
            for file in found
        ]
        keys = [(f"key {key}", _ARROW.get(made.base, "string")) for key, made in self._keys]
        encoding = self._table.serde_parameters.get("serialization.encoding", "utf8")
        asked = Files(name, kind, files, keys, _skipped(self._table), encoding)
        count = self._session.hold_files(asked)
        return [f"temp.main.{identifier(f'{name}{i}')}" for i in range(count)]

    def _held_keys(self) -> list[str]:
        return [
            f"CAST({identifier(f'key {key}')} AS {engine_type(made)}) AS {identifier(key)}"
            for key, made in self._keys
        ]

    def _lines(self, view: str) -> str:
        try:
            fields, found = lines.values(self._kind, self._table.serde_parameters, self._columns)
        except FunctionError as e:
            raise raised(e) from e
        items = [*_named(found, self._columns), *self._held_keys(), identifier(PATH)]
        return f"SELECT {', '.join(items)} FROM (SELECT *, {fields} AS fields FROM {view})"

    def _orc(self, view: str) -> str:
        described = [
            column
            for column in self._described(view)
            if column[0] != PATH and not column[0].startswith("key ")
        ]
        found = columnar.values("orc", self._table.serde_parameters, described, self._columns)
        items = [*_named(found, self._columns), *self._held_keys(), identifier(PATH)]
        return f"SELECT {', '.join(items)} FROM {view}"

    # --- files that the engine reads

    def _scanned(self, partition: ExternalPartition, files: list[Path]) -> str:
        source = _READERS[self._kind].format(", ".join(text(str(file)) for file in files))
        described = [column for column in self._described(source) if column[0] != PATH]
        items = _named(self._columnar(described, files), self._columns)
        for (key, made), value in zip(self._keys, partition.values, strict=True):
            constant = "NULL" if value == NULL else text(value)
            items.append(f"CAST({constant} AS {engine_type(made)}) AS {identifier(key)}")
        items.append(identifier(PATH))
        return f"SELECT {', '.join(items)} FROM {source}"

    def _columnar(self, described: list[tuple[str, str]], files: list[Path]) -> list[str]:
        parameters = {**self._table.parameters, **self._table.serde_parameters}
        try:
            return columnar.values(self._kind, parameters, described, self._columns)
        except AthenaError:
            if self._kind != "parquet":
                raise
            empty = self._always_null(files)
            described = [(name, "NULL" if name in empty else made) for name, made in described]
            return columnar.values(self._kind, parameters, described, self._columns)

    def _always_null(self, files: list[Path]) -> set[str]:
        """Columns that Parquet files have no type for, which the engine takes for integers."""
        named = ", ".join(text(str(file)) for file in files)
        rows = self._session.texts(
            f"SELECT name FROM parquet_schema([{named}]) GROUP BY name"
            " HAVING bool_and(coalesce(logical_type, '') = 'NullType()')"
        )
        return {str(row[0]) for row in rows}

    def _described(self, source: str) -> list[tuple[str, str]]:
        try:
            rows = self._session.texts(f"DESCRIBE SELECT * FROM {source}")
        except duckdb.Error as e:
            reason = taken_apart(e).message.partition("\n")[0]
            message = f"A file of {self._table.name} is no valid {self._kind} file: {reason}"
            raise AthenaError("HIVE_BAD_DATA", message) from e
        return [(str(row[0]), str(row[1])) for row in rows]


def _named(found: Sequence[str], columns: Columns) -> list[str]:
    return [
        f"{_rounded(sql, made)} AS {identifier(name)}"
        for sql, (name, made) in zip(found, columns, strict=True)
    ]


def _rounded(sql: str, made: Type) -> str:
    return f"CAST(CAST({sql} AS TIMESTAMP_MS) AS TIMESTAMP)" if made.base == "timestamp" else sql


def _refuse_compression(file: Path) -> None:
    if file.suffix.lower() in _UNREAD:
        message = f"The compression of {file.name} is not supported"
        hint = "gzip (.gz), bzip2 (.bz2), zstd (.zst), lz4 (.lz4) and zip (.zip) are"
        raise AthenaError("NOT_SUPPORTED", message, hint=hint)
