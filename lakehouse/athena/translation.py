"""The front door: Athena's SQL in, the engine's SQL with the result's names and types out."""

from collections.abc import Sequence
from dataclasses import dataclass

from lakehouse.athena.analysis.clock import StatementClock
from lakehouse.athena.analysis.queries import QueryAnalyzer
from lakehouse.athena.depth import deeply
from lakehouse.athena.errors import AthenaError
from lakehouse.athena.functions.table import FUNCTIONS
from lakehouse.athena.schema import Schema
from lakehouse.athena.syntax.nodes import Query
from lakehouse.athena.syntax.queries import parse_query
from lakehouse.athena.types import Type

# Athena's quota for the text of one query, in bytes of UTF-8.
MAX_QUERY_BYTES = 262_144


@dataclass(frozen=True)
class Translation:
    """One query for the engine. Its columns come in the order of `names` and `types`.

    `unnamed` are the places, from 1, of columns that only have the name of their place.
    """

    sql: str
    names: tuple[str, ...]
    types: tuple[Type, ...]
    unnamed: tuple[int, ...] = ()


def translate(
    sql: str,
    schema: Schema,
    parameters: Sequence[object] = (),
    *,
    clock: StatementClock | None = None,
) -> Translation:
    """The engine's SQL for one query in Athena's dialect, for a connection that was prepared.

    `parameters` are the values of its question marks. Raises AthenaError, with Trino's code, for
    what Athena would refuse and for what has no exact counterpart here.
    """
    check_size(sql)
    query = deeply(lambda: parse_query(sql))
    return translate_query(query, schema, parameters, clock=clock)


def translate_query(
    query: Query,
    schema: Schema,
    parameters: Sequence[object] = (),
    *,
    clock: StatementClock | None = None,
) -> Translation:
    """The same for a query that was read already."""
    analyzer = QueryAnalyzer(schema, FUNCTIONS, parameters, clock or StatementClock.started())
    plan = deeply(lambda: analyzer.query(query))
    names = tuple(column.name or f"_col{i}" for i, column in enumerate(plan.columns))
    unnamed = tuple(i for i, column in enumerate(plan.columns, start=1) if not column.name)
    return Translation(plan.sql, names, tuple(column.type for column in plan.columns), unnamed)


def check_size(sql: str) -> None:
    """Raise AthenaError QUERY_TEXT_TOO_LARGE for a text that Athena would not take."""
    if len(sql.encode()) > MAX_QUERY_BYTES:
        message = f"Query text length exceeds the maximum length ({MAX_QUERY_BYTES} bytes)"
        raise AthenaError("QUERY_TEXT_TOO_LARGE", message)
