"""CREATE, DROP and ALTER of databases and tables, in the catalog itself.

Rules: Athena's documentation of "Creating Iceberg tables" and "Evolving Iceberg table schema".
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NamespaceAlreadyExistsError,
    NamespaceNotEmptyError,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.partitioning import PARTITION_FIELD_ID_START, PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.transforms import (
    BucketTransform,
    DayTransform,
    HourTransform,
    IdentityTransform,
    MonthTransform,
    Transform,
    TruncateTransform,
    YearTransform,
)

from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.statements import values as v
from lakehouse.athena.writing.iceberg_types import iceberg_type, schema_of
from lakehouse.athena.writing.properties import KEPT, as_iceberg, read_properties
from lakehouse.tables.descriptions import COMMENT
from lakehouse.tables.evolution import can_become

Identifier = tuple[str, str]

_TIMES: dict[str, Transform[Any, Any]] = {
    "identity": IdentityTransform(), "year": YearTransform(), "month": MonthTransform(),
    "day": DayTransform(), "hour": HourTransform(),
}  # fmt: skip
_TRIES = 5  # of a change that another writer came before


@dataclass(frozen=True)
class CatalogChanges:
    """Makes the changes; `named` finds the database and table that a dotted name means."""

    catalog: Catalog
    named: Callable[[v.Name], Identifier]

    # --- databases

    def create_database(self, statement: v.CreateDatabase) -> None:
        """CREATE DATABASE|SCHEMA."""
        if statement.location:
            raise not_supported("LOCATION of a database: tables lie in the warehouse; it")
        properties = dict(statement.properties)
        if statement.comment is not None:
            properties[COMMENT] = statement.comment
        try:
            self.catalog.create_namespace(statement.name, properties)
        except NamespaceAlreadyExistsError as e:
            if not statement.if_not_exists:
                message = f"Schema '{statement.name}' already exists"
                raise AthenaError("SCHEMA_ALREADY_EXISTS", message) from e

    def drop_database(self, statement: v.DropDatabase) -> None:
        """DROP DATABASE|SCHEMA [RESTRICT|CASCADE]."""
        try:
            if statement.cascade:
                for identifier in self.catalog.list_tables(statement.name):
                    self.catalog.purge_table(identifier)
            self.catalog.drop_namespace(statement.name)
        except NoSuchNamespaceError as e:
            if not statement.if_exists:
                message = f"Schema '{statement.name}' does not exist"
                raise AthenaError("SCHEMA_NOT_FOUND", message) from e
        except NamespaceNotEmptyError as e:
            message = f"Cannot drop non-empty schema '{statement.name}'"
            hint = "DROP DATABASE ... CASCADE drops its tables, too"
            raise AthenaError("SCHEMA_NOT_EMPTY", message, hint=hint) from e

    # --- tables

    def create_table(self, statement: v.CreateTable) -> None:
        """CREATE TABLE of an Iceberg table."""
        options = read_properties(statement.properties)
        if not options.iceberg:
            hint = "add TBLPROPERTIES ('table_type' = 'ICEBERG'), or write CREATE EXTERNAL TABLE"
            raise AthenaError("NOT_SUPPORTED", "Only Iceberg tables can be created", hint=hint)
        self._refuse_hive(statement)
        columns = [(c.name, c.type, c.comment) for c in statement.columns]
        properties = dict(options.properties)
        if statement.comment is not None:
            properties[COMMENT] = statement.comment
        schema = schema_of(columns)
        spec = partition_spec(statement.transforms, schema)
        self.create(statement.name, schema, spec, properties, may_exist=statement.if_not_exists)

    @staticmethod
    def _refuse_hive(statement: v.CreateTable) -> None:
        """What only tables of raw files have."""
        if statement.location:
            raise not_supported("LOCATION of an Iceberg table: tables lie in the warehouse; it")
        for what, given in (
            ("PARTITIONED BY with typed columns on an Iceberg table", statement.partition_columns),
            ("CLUSTERED BY on an Iceberg table", statement.clustered_by),
            ("ROW FORMAT on an Iceberg table", statement.serde or statement.delimited),
            ("STORED AS on an Iceberg table", statement.stored_as or statement.input_format),
        ):
            if given:
                raise not_supported(what)

    def create(
        self,
        name: v.Name,
        schema: Schema,
        spec: PartitionSpec,
        properties: dict[str, str],
        *,
        may_exist: bool,
    ) -> Table | None:
        """A new, empty table; None where there is one and may be."""
        identifier = self.named(name)
        try:
            return self.catalog.create_table(
                identifier, schema, partition_spec=spec, properties=properties
            )
        except TableAlreadyExistsError as e:
            if may_exist:
                return None
            message = f"Table '{'.'.join(identifier)}' already exists"
            raise AthenaError("TABLE_ALREADY_EXISTS", message) from e
        except NoSuchNamespaceError as e:
            message = f"Schema '{identifier[0]}' does not exist"
            hint = f"CREATE DATABASE {identifier[0]} makes it"
            raise AthenaError("SCHEMA_NOT_FOUND", message, hint=hint) from e

    def drop_table(self, statement: v.DropTable) -> None:
        """DROP TABLE; its files go with it, as Athena's do of an Iceberg table."""
        identifier = self.named(statement.name)
        try:
            self.catalog.purge_table(identifier)
        except (NoSuchTableError, NoSuchNamespaceError) as e:
            if not statement.if_exists:
                raise _no_table(identifier) from e

    # --- ALTER TABLE

    def alter(self, statement: v.Statement) -> None:
        """Every ALTER TABLE of an Iceberg table."""
        if isinstance(statement, v.AddColumns):
            self._changed(statement.table, lambda table: _add(table, statement.columns))
        elif isinstance(statement, v.DropColumn):
            self._changed(statement.table, lambda table: _drop(table, statement.column))
        elif isinstance(statement, v.ChangeColumn):
            self._changed(statement.table, lambda table: _change(table, statement))
        elif isinstance(statement, v.SetProperties):
            properties = dict(read_properties(statement.properties).properties)
            self._changed(statement.table, lambda table: _set(table, properties))
        elif isinstance(statement, v.UnsetProperties):
            self._changed(statement.table, lambda table: _unset(table, statement.keys))
        else:
            raise not_supported(f"{_words(statement)} on an Iceberg table")

    def _changed(self, name: v.Name, change: Callable[[Table], None]) -> None:
        identifier = self.named(name)
        for left in reversed(range(_TRIES)):
            with _table_of(self.catalog, identifier) as table:
                try:
                    change(table)
                except CommitFailedException:
                    if not left:
                        raise
                else:
                    return

    # --- looking

    def load(self, name: v.Name) -> Table:
        """The table of a name. Raises TABLE_NOT_FOUND."""
        with _table_of(self.catalog, self.named(name)) as table:
            return table


def partition_spec(transforms: Sequence[v.Transform], schema: Schema) -> PartitionSpec:
    """The partition spec of a new table. Raises COLUMN_NOT_FOUND and INVALID_TABLE_PROPERTY."""
    fields = []
    for number, term in enumerate(transforms, start=PARTITION_FIELD_ID_START):
        try:
            column = schema.find_field(term.column)
        except ValueError as e:
            message = f"Partition column '{term.column}' does not exist"
            raise AthenaError("COLUMN_NOT_FOUND", message) from e
        transform = _transform(term)
        if not transform.can_transform(column.field_type):
            message = f"Cannot partition by {term.name} of column '{term.column}'"
            raise AthenaError("INVALID_TABLE_PROPERTY", f"{message} of type {column.field_type}")
        name = term.column if term.name == "identity" else f"{term.column}_{term.name}"
        fields.append(PartitionField(column.field_id, number, transform, name))
    return PartitionSpec(*fields)


def _transform(term: v.Transform) -> Transform[Any, Any]:
    if term.name == "bucket":
        return BucketTransform(term.width or 0)
    if term.name == "truncate":
        return TruncateTransform(term.width or 0)
    return _TIMES[term.name]


@contextmanager
def _table_of(catalog: Catalog, identifier: Identifier) -> Iterator[Table]:
    try:
        table = catalog.load_table(identifier)
    except (NoSuchTableError, NoSuchNamespaceError) as e:
        raise _no_table(identifier) from e
    yield table


def _no_table(identifier: Identifier) -> AthenaError:
    return AthenaError("TABLE_NOT_FOUND", f"Table '{'.'.join(identifier)}' does not exist")


def _add(table: Table, columns: Sequence[v.ColumnDefinition]) -> None:
    known = {name.lower() for name in table.schema().column_names}
    for column in columns:
        if column.name in known:
            message = f"Column '{column.name}' already exists"
            raise AthenaError("COLUMN_ALREADY_EXISTS", message)
        known.add(column.name)
    with table.update_schema() as update:
        for column in columns:
            update.add_column((column.name,), iceberg_type(column.type), doc=column.comment)


def _drop(table: Table, column: str) -> None:
    name = _own_name(table, column)
    partitions = {table.schema().find_field(f.source_id).name for f in table.spec().fields}
    if name in partitions:
        message = f"Cannot drop partition column '{column}'"
        raise AthenaError("NOT_SUPPORTED", message)
    if len(table.schema().fields) == 1:
        raise AthenaError("NOT_SUPPORTED", "Cannot drop the only column of a table")
    with table.update_schema() as update:
        update.delete_column((name,))


def _change(table: Table, statement: v.ChangeColumn) -> None:
    name = _own_name(table, statement.old)
    column = statement.column
    old = table.schema().find_field(name).field_type
    new = iceberg_type(column.type)
    if not can_become(old, new):
        message = f"Cannot change column '{name}' from {old} to {new}"
        hint = "int becomes bigint, float becomes double, a decimal gets more digits"
        raise AthenaError("NOT_SUPPORTED", message, hint=hint)
    if column.name != name and column.name in table.schema().column_names:
        raise AthenaError("COLUMN_ALREADY_EXISTS", f"Column '{column.name}' already exists")
    with table.update_schema() as update:
        if old.is_primitive and old != new:
            update.update_column((name,), field_type=new)
        if column.comment is not None:
            update.update_column((name,), doc=column.comment)
        if column.name != name:
            update.rename_column((name,), column.name)
        if statement.first:
            update.move_first((name,))
        elif statement.after is not None:
            update.move_after((name,), (_own_name(table, statement.after),))


def _set(table: Table, properties: dict[str, str]) -> None:
    with table.transaction() as transaction:
        transaction.set_properties(properties)


def _unset(table: Table, keys: Sequence[str]) -> None:
    unknown = [key for key in keys if key not in KEPT]
    if unknown:
        message = f"Unsupported table property key: {unknown[0]}"
        raise AthenaError("INVALID_TABLE_PROPERTY", message)
    with table.transaction() as transaction:
        named = [name for key in keys for name in (key, *as_iceberg(key, 0))]
        transaction.remove_properties(*(name for name in named if name in table.properties))


def _own_name(table: Table, column: str) -> str:
    for name in table.schema().column_names:
        if name.lower() == column:
            return str(name)
    raise AthenaError("COLUMN_NOT_FOUND", f"Column '{column}' does not exist")


def _words(statement: v.Statement) -> str:
    """ALTER TABLE ADD PARTITIONS, for one."""
    name = type(statement).__name__
    words = "".join(f" {c}" if c.isupper() else c for c in name).upper()
    return f"ALTER TABLE{words}"
