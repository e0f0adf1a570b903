"""CREATE EXTERNAL TABLE, ALTER TABLE of one, MSCK REPAIR TABLE: changes to definitions.

Rules: Athena's documentation of the statements. Files are never touched.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from pyiceberg.exceptions import (
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
)

from lakehouse.athena.engine.function_error import FunctionError
from lakehouse.athena.errors import AthenaError, not_supported, raised
from lakehouse.athena.external import lines
from lakehouse.athena.external.partitions import (
    found_in,
    matches,
    name_of,
    spec_values,
    whole_spec,
)
from lakehouse.athena.external.places import Places
from lakehouse.athena.external.relation import columns_of, refuse_properties
from lakehouse.athena.external.serdes import kind_of, storage_of
from lakehouse.athena.statements import values as v
from lakehouse.athena.statements.hive_types import hive_name
from lakehouse.catalog.external_tables import (
    ExternalColumn,
    ExternalPartition,
    ExternalTable,
    ExternalTables,
)

_KEYS = ("boolean", "tinyint", "smallint", "integer", "bigint", "varchar", "char", "date",
         "timestamp", "decimal", "real", "double")  # fmt: skip
Change = Callable[[ExternalTable], ExternalTable]


@dataclass(frozen=True)
class ExternalChanges:
    """Makes the changes to the tables that a catalog keeps."""

    tables: ExternalTables
    places: Places

    def create(self, identifier: tuple[str, str], statement: v.CreateTable) -> None:
        """CREATE EXTERNAL TABLE."""
        table = definition(identifier, statement)
        self.places.folder(table.location)
        try:
            self.tables.create(table)
        except TableAlreadyExistsError as e:
            if not statement.if_not_exists:
                message = f"Table '{'.'.join(identifier)}' already exists"
                raise AthenaError("TABLE_ALREADY_EXISTS", message) from e
        except NoSuchNamespaceError as e:
            message = f"Schema '{identifier[0]}' does not exist"
            hint = f"CREATE DATABASE {identifier[0]} makes it"
            raise AthenaError("SCHEMA_NOT_FOUND", message, hint=hint) from e

    def drop(self, identifier: tuple[str, str]) -> None:
        """DROP TABLE; the files stay. Raises TABLE_NOT_FOUND."""
        try:
            self.tables.drop(*identifier)
        except NoSuchTableError as e:
            message = f"Table '{'.'.join(identifier)}' does not exist"
            raise AthenaError("TABLE_NOT_FOUND", message) from e

    def repair(self, identifier: tuple[str, str]) -> list[str]:
        """MSCK REPAIR TABLE; the names of the partitions it has added."""
        added: list[str] = []

        def change(table: ExternalTable) -> ExternalTable:
            _refuse_unpartitioned(table)
            known = {partition.values for partition in table.partitions}
            folder = self.places.folder(table.location)
            new = [each for each in found_in(table, folder) if each.values not in known]
            # Of folders that mean the same value (`a=1`, `A=1`) the first counts.
            unique = {each.values: each for each in reversed(new)}
            added[:] = sorted(name_of(table, each) for each in unique.values())
            return _with(table, [*table.partitions, *unique.values()])

        self._changed(identifier, change)
        return added

    def alter(self, identifier: tuple[str, str], statement: v.Statement) -> None:
        """Every ALTER TABLE of an external table."""
        self._changed(identifier, lambda table: self._altered(table, statement))

    def _changed(self, identifier: tuple[str, str], change: Change) -> None:
        try:
            self.tables.change(*identifier, change)
        except NoSuchTableError as e:
            message = f"Table '{'.'.join(identifier)}' does not exist"
            raise AthenaError("TABLE_NOT_FOUND", message) from e

    def _altered(self, table: ExternalTable, statement: v.Statement) -> ExternalTable:
        if isinstance(statement, v.AddPartitions):
            return self._add(table, statement)
        if isinstance(statement, v.DropPartitions):
            return _drop(table, statement)
        if isinstance(statement, v.RenamePartition):
            return _rename(table, statement)
        if isinstance(statement, v.SetLocation):
            return self._move(table, statement)
        if isinstance(statement, v.SetProperties):
            return checked(
                replace(table, parameters={**table.parameters, **dict(statement.properties)})
            )
        if isinstance(statement, v.UnsetProperties):
            left = {k: value for k, value in table.parameters.items() if k not in statement.keys}
            return replace(table, parameters=left)
        if isinstance(statement, v.AddColumns):
            added = _columns(statement.columns)
            return checked(replace(table, columns=(*table.columns, *added)))
        if isinstance(statement, v.ReplaceColumns):
            return checked(replace(table, columns=_columns(statement.columns)))
        if isinstance(statement, v.ChangeColumn):
            return _change(table, statement)
        hint = "ALTER TABLE ... REPLACE COLUMNS (...) names the columns that stay"
        raise AthenaError("NOT_SUPPORTED", "DROP COLUMN on an external table", hint=hint)

    def _add(self, table: ExternalTable, statement: v.AddPartitions) -> ExternalTable:
        known = {partition.values for partition in table.partitions}
        added = []
        for spec, location in statement.partitions:
            values = whole_spec(table, spec)
            partition = ExternalPartition(values, "")
            name = name_of(table, partition)
            if values in known:
                if not statement.if_not_exists:
                    raise AthenaError("ALREADY_EXISTS", f"Partition already exists: {name}")
                continue
            known.add(values)
            where = location or f"{table.location.rstrip('/')}/{name}"
            self.places.folder(where)
            added.append(replace(partition, location=where))
        return _with(table, [*table.partitions, *added])

    def _move(self, table: ExternalTable, statement: v.SetLocation) -> ExternalTable:
        self.places.folder(statement.location)
        if not statement.partition:
            return replace(table, location=statement.location)
        moved = ExternalPartition(whole_spec(table, statement.partition), statement.location)
        kept = [each for each in table.partitions if each.values != moved.values]
        if len(kept) == len(table.partitions):
            raise _no_partition(table, moved)
        return _with(table, [*kept, moved])


def definition(identifier: tuple[str, str], statement: v.CreateTable) -> ExternalTable:
    """What CREATE EXTERNAL TABLE says, checked. Raises AthenaError."""
    if statement.transforms:
        message = f"Partition column '{statement.transforms[0].column}' needs a type"
        raise AthenaError("SYNTAX_ERROR", message, hint="PARTITIONED BY (year int)")
    if statement.location is None:
        message = "CREATE EXTERNAL TABLE needs a LOCATION"
        raise AthenaError("INVALID_TABLE_PROPERTY", message, hint="LOCATION '/data/raw/orders/'")
    storage = storage_of(statement)
    parameters = dict(statement.properties)
    if parameters.get("table_type", "").lower() == "iceberg":
        message = "An Iceberg table is not external"
        hint = "leave EXTERNAL and LOCATION out"
        raise AthenaError("NOT_SUPPORTED", message, hint=hint)
    buckets = {"bucketing": str(statement.buckets)} if statement.buckets else {}
    table = ExternalTable(
        database=identifier[0],
        name=identifier[1],
        columns=_columns(statement.columns),
        location=statement.location,
        input_format=storage.input_format,
        output_format=storage.output_format,
        serde=storage.serde,
        serde_parameters=storage.parameters,
        parameters={**parameters, **buckets},
        partition_keys=_columns(statement.partition_columns),
        comment=statement.comment or "",
    )
    return checked(table)


def checked(table: ExternalTable) -> ExternalTable:
    """The table, if its files could be read. Raises AthenaError."""
    names = [column.name for column in (*table.columns, *table.partition_keys)]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        message = f"Column '{min(repeated)}' is specified more than once"
        raise AthenaError("DUPLICATE_COLUMN_NAME", message)
    refuse_properties(table)
    columns, keys = columns_of(table)
    for name, made in keys:
        if made.base not in _KEYS:
            raise not_supported(f"Partition column '{name}' of type {made}")
    kind = kind_of(table.serde)
    if kind not in ("parquet", "orc", "avro"):
        try:
            lines.values(kind, table.serde_parameters, columns)
        except FunctionError as e:
            raise raised(e) from e
    return table


def _columns(columns: Sequence[v.ColumnDefinition]) -> tuple[ExternalColumn, ...]:
    return tuple(ExternalColumn(c.name, hive_name(c.type), c.comment or "") for c in columns)


def _with(table: ExternalTable, partitions: Sequence[ExternalPartition]) -> ExternalTable:
    return replace(table, partitions=tuple(sorted(partitions, key=lambda each: each.values)))


def _drop(table: ExternalTable, statement: v.DropPartitions) -> ExternalTable:
    left = list(table.partitions)
    for spec in statement.partitions:
        wanted: Mapping[str, str] = spec_values(table, spec)
        kept = [partition for partition in left if not matches(table, partition, wanted)]
        if len(kept) == len(left) and not statement.if_exists:
            named = "/".join(f"{name}={value}" for name, value in wanted.items())
            raise AthenaError("NOT_FOUND", f"Partition not found: {named}")
        left = kept
    return _with(table, left)


def _rename(table: ExternalTable, statement: v.RenamePartition) -> ExternalTable:
    old, new = whole_spec(table, statement.old), whole_spec(table, statement.new)
    by_values = {partition.values: partition for partition in table.partitions}
    if old not in by_values:
        raise _no_partition(table, ExternalPartition(old, ""))
    if new in by_values:
        name = name_of(table, by_values[new])
        raise AthenaError("ALREADY_EXISTS", f"Partition already exists: {name}")
    renamed = replace(by_values.pop(old), values=new)
    return _with(table, [*by_values.values(), renamed])


def _change(table: ExternalTable, statement: v.ChangeColumn) -> ExternalTable:
    names = [column.name for column in table.columns]
    if statement.old not in names:
        raise AthenaError("COLUMN_NOT_FOUND", f"Column '{statement.old}' does not exist")
    if statement.first or statement.after is not None:
        raise not_supported("Moving a column of an external table")
    (changed,) = _columns([statement.column])
    columns = (changed if c.name == statement.old else c for c in table.columns)
    return checked(replace(table, columns=tuple(columns)))


def _no_partition(table: ExternalTable, partition: ExternalPartition) -> AthenaError:
    return AthenaError("NOT_FOUND", f"Partition not found: {name_of(table, partition)}")


def _refuse_unpartitioned(table: ExternalTable) -> None:
    if not table.partition_keys:
        message = f"Table '{table.database}.{table.name}' is not partitioned"
        raise AthenaError("INVALID_PARTITION_SPEC", message)
