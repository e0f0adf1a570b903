"""CREATE TABLE AS: one statement of the engine, a table with its rows or nothing.

Rules: Athena's documentation, "CTAS table properties" and "Considerations for CTAS queries".
"""

from collections.abc import Sequence

from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.names import LAKE
from lakehouse.athena.schema import Schema
from lakehouse.athena.statements import parse_statement
from lakehouse.athena.statements import values as v
from lakehouse.athena.translation import Translation, translate_query
from lakehouse.athena.types import engine_type, identifier, text
from lakehouse.athena.writing.iceberg_types import columns_of, schema_of
from lakehouse.athena.writing.properties import read_properties
from lakehouse.athena.writing.tables import partition_spec

# What WITH takes beside the properties of a table.
_OWN = ("partitioning", "is_external", "location", "external_location")


def created_from(
    name: tuple[str, str],
    statement: v.CreateTableAs,
    schema: Schema,
    parameters: Sequence[object] = (),
) -> str:
    """The engine's statement. Raises AthenaError."""
    made = translate_query(statement.query, schema, parameters)
    terms = _terms(statement.properties.get("partitioning", ()))
    columns = columns_of(made)
    partition_spec(terms, schema_of(columns))
    properties = _options(statement)
    table = ".".join(map(identifier, (LAKE, *name)))
    clauses = [f"CREATE TABLE {table}"]
    if terms:
        clauses.append(f"PARTITIONED BY ({', '.join(map(_term, terms))})")
    if properties:
        pairs = (f"{text(key)} = {text(value)}" for key, value in properties.items())
        clauses.append(f"WITH ({', '.join(pairs)})")
    clauses.append(f"AS {_rows(made, statement.with_data)}")
    return " ".join(clauses)


def _options(statement: v.CreateTableAs) -> dict[str, str]:
    given = statement.properties
    for key in ("location", "external_location"):
        if key in given:
            raise not_supported(f"{key} of a table: tables lie in the warehouse; it")
    if given.get("is_external", False):
        raise not_supported("An external table made by a query")
    options = read_properties((k, value) for k, value in given.items() if k not in _OWN)
    if given and not options.iceberg:
        hint = "add table_type = 'ICEBERG'"
        raise AthenaError("NOT_SUPPORTED", "Only Iceberg tables can be created", hint=hint)
    return dict(options.properties)


def _terms(given: v.Literal | tuple[str, ...]) -> tuple[v.Transform, ...]:
    """The terms of `partitioning`, read as PARTITIONED BY reads them; bucket(c, n) as well."""
    if not isinstance(given, tuple):
        message = "partitioning is an array: ARRAY['month(ordered_at)']"
        raise AthenaError("INVALID_TABLE_PROPERTY", message)
    if not given:
        return ()
    made = parse_statement(f"CREATE TABLE t (c int) PARTITIONED BY ({', '.join(given)})")
    if not isinstance(made, v.CreateTable) or made.partition_columns:
        message = f"partitioning has no such term: {', '.join(given)}"
        raise AthenaError("INVALID_TABLE_PROPERTY", message)
    return made.transforms


def _term(term: v.Transform) -> str:
    if term.name == "identity":
        return identifier(term.column)
    width = f"{term.width}, " if term.width is not None else ""
    return f"{term.name}({width}{identifier(term.column)})"


def _rows(made: Translation, with_data: bool) -> str:
    # Cast: the engine narrows a column of constants.
    columns = zip(made.names, made.types, strict=True)
    listed = ", ".join(
        f"CAST(c{i} AS {engine_type(t)}) AS {identifier(n.lower())}"
        for i, (n, t) in enumerate(columns)
    )
    aliases = ", ".join(f"c{i}" for i in range(len(made.names)))
    limit = "" if with_data else " LIMIT 0"
    return f"SELECT {listed} FROM ({made.sql}) AS made({aliases}){limit}"
