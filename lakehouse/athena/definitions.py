"""SHOW CREATE, SHOW TBLPROPERTIES and comments: what the catalog knows of a table's definition.

The layout is Athena's, of "SHOW CREATE TABLE" for an Iceberg table.
"""

from collections.abc import Iterator

from pyiceberg.partitioning import PartitionField
from pyiceberg.schema import Schema
from pyiceberg.table import Table

from lakehouse.athena.metadata_tables import metadata_table
from lakehouse.athena.schema import TableColumns
from lakehouse.athena.statements.hive_types import hive_name
from lakehouse.athena.types import text
from lakehouse.athena.writing.properties import KEPT
from lakehouse.tables.descriptions import COMMENT


def create_table(table: Table, columns: TableColumns) -> list[str]:
    """The lines of the statement that makes the table."""
    schema = table.schema()
    name = ".".join(columns.name[1:])
    lines = [f"CREATE TABLE {name} ("]
    defined = [_column(column, hive_name(made), schema) for column, made in columns.columns]
    lines += [f"  {line}," for line in defined[:-1]] + [f"  {defined[-1]})"]
    if comment := table.properties.get(COMMENT):
        lines += [f"COMMENT {text(comment)}"]
    if table.spec().fields:
        terms = ", ".join(_term(field, schema) for field in table.spec().fields)
        lines += [f"PARTITIONED BY ({terms})"]
    lines += ["LOCATION", f"  {text(table.location())}", "TBLPROPERTIES ("]
    pairs = [f"  {text(key)}={text(value)}" for key, value in properties(table)]
    return [*lines, *(f"{pair}," for pair in pairs[:-1]), f"{pairs[-1]});"]


def create_view(database: str, name: str, query: str) -> list[str]:
    """The lines of the statement that makes the view."""
    return [f"CREATE VIEW {database}.{name} AS", *query.splitlines()]


def properties(table: Table) -> list[tuple[str, str]]:
    """A table's properties as Athena names them, sorted."""
    kept = {key: value for key, value in table.properties.items() if key in KEPT}
    return sorted({"table_type": "iceberg", "format": "parquet", **kept}.items())


def comments(table: Table) -> dict[str, str]:
    """The comment of each column that has one."""
    return {field.name: field.doc for field in table.schema().fields if field.doc}


def partitions(table: Table) -> Iterator[str]:
    """The folders of the partitions that files lie in, `month(at)=2024-05` for one, sorted."""
    found = metadata_table(table, "partitions")
    if found is None or "partition" not in found.column_names:
        return
    schema = table.schema()
    terms = {field.name: _term(field, schema).replace("`", "") for field in table.spec().fields}
    yield from sorted(
        "/".join(f"{terms[name]}={value}" for name, value in partition.items())
        for partition in found.column("partition").to_pylist()
    )


def _column(name: str, kind: str, schema: Schema) -> str:
    doc = schema.find_field(name).doc
    return f"{name} {kind}" + (f" COMMENT {text(doc)}" if doc else "")


def _term(field: PartitionField, schema: Schema) -> str:
    column = f"`{schema.find_field(field.source_id).name}`"
    transform = str(field.transform)
    if transform == "identity":
        return column
    name, _, width = transform.partition("[")
    return f"{name}({width.rstrip(']')}, {column})" if width else f"{name}({column})"
