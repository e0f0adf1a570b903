"""DESCRIBE and SHOW."""

from dataclasses import dataclass

from lakehouse.athena.statements.values.statement import Name, PartitionSpec, Statement


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
