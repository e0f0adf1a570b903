"""What statements say: one frozen value for each kind."""

from dataclasses import dataclass, field
from typing import ClassVar

from lakehouse.athena.syntax.nodes import Expression, Identifier, Query, Relation, Table
from lakehouse.athena.types import Type

Name = tuple[str, ...]  # one to three parts, in lower case
Literal = str | int | float | bool
Properties = dict[str, Literal | tuple[str, ...]]


class Statement:
    """Any statement. `writes` is what a workgroup's write permission is about."""

    writes: ClassVar[bool] = False


@dataclass(frozen=True)
class Select(Statement):
    """A query, with the text it was written in."""

    query: Query
    text: str
    parameters: int = 0


@dataclass(frozen=True)
class Explain(Statement):
    """EXPLAIN [ANALYZE] [(options)] statement; `options` such as {"type": "LOGICAL"}."""

    statement: Statement
    analyze: bool
    options: tuple[tuple[str, str], ...] = ()


# --- tables ---


@dataclass(frozen=True)
class ColumnDefinition:
    """name type [COMMENT 'text']."""

    name: str
    type: Type
    comment: str | None = None


@dataclass(frozen=True)
class Transform:
    """A partition field: identity, year, month, day, hour, bucket or truncate of a column."""

    name: str
    column: str
    width: int | None = None


@dataclass(frozen=True)
class CreateTable(Statement):
    """CREATE [EXTERNAL] TABLE.

    A column of PARTITIONED BY is either typed (a folder of an external table) or a transform (of an
    Iceberg table); never both in one table.
    """

    writes = True
    name: Name
    columns: tuple[ColumnDefinition, ...]
    external: bool = False
    if_not_exists: bool = False
    comment: str | None = None
    partition_columns: tuple[ColumnDefinition, ...] = ()
    transforms: tuple[Transform, ...] = ()
    clustered_by: tuple[str, ...] = ()
    buckets: int | None = None
    serde: str | None = None
    serde_properties: tuple[tuple[str, str], ...] = ()
    delimited: tuple[tuple[str, str], ...] = ()
    stored_as: str | None = None
    input_format: str | None = None
    output_format: str | None = None
    location: str | None = None
    properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class CreateTableAs(Statement):
    """CREATE TABLE name WITH (properties) AS query [WITH NO DATA]."""

    writes = True
    name: Name
    query: Query
    properties: Properties = field(default_factory=dict)
    if_not_exists: bool = False
    with_data: bool = True
    parameters: int = 0


@dataclass(frozen=True)
class DropTable(Statement):
    """DROP TABLE [IF EXISTS]."""

    writes = True
    name: Name
    if_exists: bool


@dataclass(frozen=True)
class CreateView(Statement):
    """CREATE [OR REPLACE] VIEW name AS query; the text of the query is what is kept."""

    writes = True
    name: Name
    replace: bool
    query: Query
    text: str


@dataclass(frozen=True)
class DropView(Statement):
    """DROP VIEW [IF EXISTS]."""

    writes = True
    name: Name
    if_exists: bool


@dataclass(frozen=True)
class CreateDatabase(Statement):
    """CREATE DATABASE|SCHEMA."""

    writes = True
    name: str
    if_not_exists: bool
    comment: str | None = None
    location: str | None = None
    properties: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class DropDatabase(Statement):
    """DROP DATABASE|SCHEMA [IF EXISTS] [RESTRICT|CASCADE]."""

    writes = True
    name: str
    if_exists: bool
    cascade: bool


# --- ALTER TABLE ---

PartitionSpec = tuple[tuple[str, Literal], ...]


@dataclass(frozen=True)
class AddColumns(Statement):
    """ALTER TABLE name ADD COLUMNS (...)."""

    writes = True
    table: Name
    columns: tuple[ColumnDefinition, ...]


@dataclass(frozen=True)
class ReplaceColumns(Statement):
    """ALTER TABLE name REPLACE COLUMNS (...)."""

    writes = True
    table: Name
    columns: tuple[ColumnDefinition, ...]


@dataclass(frozen=True)
class ChangeColumn(Statement):
    """ALTER TABLE name CHANGE [COLUMN] old new type [COMMENT] [FIRST | AFTER column]."""

    writes = True
    table: Name
    old: str
    column: ColumnDefinition
    first: bool = False
    after: str | None = None


@dataclass(frozen=True)
class DropColumn(Statement):
    """ALTER TABLE name DROP [COLUMN] column."""

    writes = True
    table: Name
    column: str


@dataclass(frozen=True)
class SetProperties(Statement):
    """ALTER TABLE name SET TBLPROPERTIES (...)."""

    writes = True
    table: Name
    properties: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class UnsetProperties(Statement):
    """ALTER TABLE name UNSET TBLPROPERTIES (...)."""

    writes = True
    table: Name
    keys: tuple[str, ...]


@dataclass(frozen=True)
class AddPartitions(Statement):
    """ALTER TABLE name ADD [IF NOT EXISTS] PARTITION (...) [LOCATION '...'] ..."""

    writes = True
    table: Name
    if_not_exists: bool
    partitions: tuple[tuple[PartitionSpec, str | None], ...]


@dataclass(frozen=True)
class DropPartitions(Statement):
    """ALTER TABLE name DROP [IF EXISTS] PARTITION (...), ..."""

    writes = True
    table: Name
    if_exists: bool
    partitions: tuple[PartitionSpec, ...]


@dataclass(frozen=True)
class RenamePartition(Statement):
    """ALTER TABLE name PARTITION (...) RENAME TO PARTITION (...)."""

    writes = True
    table: Name
    old: PartitionSpec
    new: PartitionSpec


@dataclass(frozen=True)
class SetLocation(Statement):
    """ALTER TABLE name [PARTITION (...)] SET LOCATION '...'."""

    writes = True
    table: Name
    location: str
    partition: PartitionSpec = ()


# --- changing rows ---


@dataclass(frozen=True)
class Insert(Statement):
    """INSERT INTO table [(columns)] query."""

    writes = True
    table: Name
    columns: tuple[Identifier, ...]
    query: Query
    parameters: int = 0


@dataclass(frozen=True)
class Assignment:
    """column = value."""

    column: Identifier
    value: Expression


@dataclass(frozen=True)
class Update(Statement):
    """UPDATE table SET assignments [WHERE condition]."""

    writes = True
    table: Table
    assignments: tuple[Assignment, ...]
    where: Expression | None
    parameters: int = 0


@dataclass(frozen=True)
class Delete(Statement):
    """DELETE FROM table [WHERE condition]."""

    writes = True
    table: Table
    where: Expression | None
    parameters: int = 0


@dataclass(frozen=True)
class MergeCase:
    """WHEN [NOT] MATCHED [AND condition] THEN update, delete or insert."""

    matched: bool
    condition: Expression | None
    action: str
    assignments: tuple[Assignment, ...] = ()
    columns: tuple[Identifier, ...] = ()
    values: tuple[Expression, ...] = ()


@dataclass(frozen=True)
class Merge(Statement):
    """MERGE INTO table [AS alias] USING source ON condition cases."""

    writes = True
    table: Table
    alias: Identifier | None
    source: Relation
    condition: Expression
    cases: tuple[MergeCase, ...]
    parameters: int = 0


# --- looking around ---


@dataclass(frozen=True)
class Describe(Statement):
    """DESCRIBE [EXTENDED|FORMATTED] table [PARTITION (...)] [column]; or a view."""

    table: Name
    detail: str = ""
    partition: PartitionSpec = ()
    column: str | None = None
    view: bool = False


@dataclass(frozen=True)
class Show(Statement):
    """SHOW `what`: databases, tables, columns, partitions, views, functions or create ...

    `of` is the table or database it is about; `pattern` a regular expression or a LIKE pattern as
    written.
    """

    what: str
    of: Name = ()
    pattern: str | None = None


@dataclass(frozen=True)
class ShowProperties(Statement):
    """SHOW TBLPROPERTIES table [('key')]."""

    table: Name
    key: str | None = None


# --- upkeep ---


@dataclass(frozen=True)
class MsckRepair(Statement):
    """MSCK REPAIR TABLE name."""

    writes = True
    table: Name


@dataclass(frozen=True)
class Optimize(Statement):
    """OPTIMIZE table REWRITE DATA USING BIN_PACK [WHERE condition]."""

    writes = True
    table: Name
    where: Expression | None
    where_text: str = ""


@dataclass(frozen=True)
class Vacuum(Statement):
    """VACUUM table."""

    writes = True
    table: Name


@dataclass(frozen=True)
class Unload(Statement):
    """UNLOAD (query) TO 'location' WITH (properties)."""

    writes = True
    query: Query
    text: str
    location: str
    properties: Properties
    parameters: int = 0


# --- prepared statements ---


@dataclass(frozen=True)
class Prepare(Statement):
    """PREPARE name FROM statement; the statement's own text is what is kept."""

    name: str
    statement: Statement
    text: str


@dataclass(frozen=True)
class Execute(Statement):
    """EXECUTE name [USING values]; or EXECUTE IMMEDIATE 'text' [USING values]."""

    name: str
    values: tuple[Expression, ...]
    immediate: str | None = None


@dataclass(frozen=True)
class Deallocate(Statement):
    """DEALLOCATE PREPARE name."""

    name: str
