"""EXPLAIN: the engine's plan, and of each table the files and bytes that it reads.

Files and bytes of Iceberg tables are counted as `lakehouse queries` counts them: those that the
conditions leave, and of them the columns that are needed. Options: Trino's page of EXPLAIN.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
from pyiceberg.catalog import Catalog

from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.schema import Schema, TableColumns
from lakehouse.athena.statements import values as v
from lakehouse.query.executions.records import TableRead
from lakehouse.query.executions.scans import tables_read
from lakehouse.query.executions.table_files import KnownTables
from lakehouse.query.planned import Plan, read_plan
from lakehouse.query.results import Result

# What a plan reads of external tables.
Outside = Callable[[Plan], Sequence[TableRead]]
Tables = dict[tuple[str, ...], TableColumns]


@dataclass(frozen=True)
class Looked:
    """A schema that notes in `tables` what was looked at, by database and name."""

    schema: Schema
    tables: Tables

    def table(self, parts: tuple[str, ...]) -> TableColumns | None:
        """The table of a dotted name, or None."""
        found = self.schema.table(parts)
        if found is not None:
            self.tables[found.name[1:]] = found
        return found


@dataclass(frozen=True)
class Options:
    """What stands in parentheses behind EXPLAIN."""

    kind: str
    format: str

    @classmethod
    def of(cls, explain: v.Explain) -> "Options":
        """The options of a statement. Raises NOT_SUPPORTED and INVALID_ARGUMENTS."""
        given = dict(explain.options)
        if len(given) < len(explain.options):
            raise AthenaError("INVALID_ARGUMENTS", "An option of EXPLAIN stands there twice")
        kind, shape = given.get("type", ""), given.get("format", "text")
        if explain.analyze and (kind or shape == "graphviz"):
            raise not_supported("EXPLAIN ANALYZE with other options than FORMAT TEXT or JSON")
        if kind in ("io", "validate") and shape == "graphviz":
            raise not_supported(f"EXPLAIN (TYPE {kind.upper()}, FORMAT GRAPHVIZ)")
        return cls(kind, shape)


def counted(
    explained: str, looked: Tables, catalog: Catalog, outside: Outside
) -> list[dict[str, Any]]:
    """The tables of a query with the files and bytes that it reads.

    `explained` is the engine's plan as JSON; `outside` tells of external tables.
    """
    plan = read_plan(explained)
    names = [name for name, table in looked.items() if table.writable]
    found = [
        {"table": read.name, "files": read.files, "bytes": read.bytes}
        for read in (*tables_read(plan, names, catalog, KnownTables()), *outside(plan))
    ]
    return sorted(found, key=lambda each: str(each["table"]))


def with_tables(result: Result, shape: str, tables: Sequence[dict[str, Any]]) -> Result:
    """The plan, and below it the tables; of JSON, one object of both."""

    def stream() -> Iterator[pa.RecordBatch]:
        batches = list(result.stream)
        names, plans = (
            [value for batch in batches for value in batch.column(i).to_pylist()] for i in (0, 1)
        )
        if plans:
            plans[-1] = _joined(plans[-1], shape, tables)
        arrays = [pa.array(names, pa.string()), pa.array(plans, pa.string())]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    schema = pa.schema([(name, pa.string()) for name in result.schema.names])
    return replace(result, schema=schema, stream=stream())


def io_plan(tables: Sequence[dict[str, Any]]) -> str:
    """The answer to TYPE IO, in Trino's layout, with the files and bytes of each table."""
    inputs = []
    for each in tables:
        schema, _, name = str(each["table"]).partition(".")
        table = {"catalog": "awsdatacatalog", "schemaTable": {"schema": schema, "table": name}}
        inputs.append({"table": table, "files": each["files"], "bytes": each["bytes"]})
    return json.dumps({"inputTableColumnInfos": inputs}, indent=2, ensure_ascii=False)


def _joined(plan: str, shape: str, tables: Sequence[dict[str, Any]]) -> str:
    if shape == "json":
        both = {"plan": json.loads(plan), "tables": list(tables)}
        return json.dumps(both, indent=2, ensure_ascii=False) + "\n"
    if shape == "graphviz":
        return plan
    lines = [
        f"{each['table']}: {_count(int(each['files']), 'file')}, {int(each['bytes']):,} bytes"
        for each in tables
    ]
    return "\n".join([plan.rstrip("\n"), *lines]) + "\n"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
