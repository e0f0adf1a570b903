"""Upkeep of tables, and UNLOAD."""

from dataclasses import dataclass

from lakehouse.athena.statements.values.statement import Name, Properties, Statement
from lakehouse.athena.syntax.nodes import Expression, Query


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
