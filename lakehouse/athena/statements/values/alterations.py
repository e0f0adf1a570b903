"""ALTER TABLE."""

from dataclasses import dataclass

from lakehouse.athena.statements.values.statement import (
    ColumnDefinition,
    Name,
    PartitionSpec,
    Statement,
)


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
