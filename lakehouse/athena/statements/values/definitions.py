"""Tables, views and databases: made and dropped."""

from dataclasses import dataclass, field

from lakehouse.athena.statements.values.statement import (
    ColumnDefinition,
    Name,
    Properties,
    Statement,
)
from lakehouse.athena.syntax.nodes import Query


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
