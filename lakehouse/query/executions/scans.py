"""How many bytes a query scans, by its plan: what Athena charges for.

For every scan of the engine's plan: the files that may hold matching rows, by the partitions and
bounds in the table's manifests and the conditions that were pushed down to the scan; of each, the
compressed size of the column chunks that the query needs, of its results and its conditions. What
a join finds out while it runs leaves out more, and is not counted. Delete files are read whole.
"""

from collections.abc import Collection, Sequence

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.typedef import Identifier

from lakehouse.query.executions.conditions import condition, named
from lakehouse.query.executions.records import TableRead
from lakehouse.query.executions.table_files import KnownTables, TableFiles
from lakehouse.query.planned import Plan, Scan


def tables_read(
    plan: Plan, loaded: Collection[Identifier], catalog: Catalog, known: KnownTables
) -> list[TableRead]:
    """Every table that was looked at for the plan, and what its scans need of it."""
    tables = []
    for identifier in sorted(loaded):
        try:
            tables.append(known.files(catalog, identifier))
        except NoSuchTableError:  # it is made, or dropped, by this statement
            continue
    needed = {table.name: [0, 0] for table in tables}
    for scan, table in assigned(plan.scans, tables):
        found = table.needed(columns_of(scan, table), condition(scan.filters, table.schema))
        needed[table.name][0] += found.files
        needed[table.name][1] += found.bytes
    return [_read(table, *needed[table.name]) for table in tables]


def state_of(table: TableFiles) -> TableRead:
    """A table's state, without scans."""
    return _read(table, 0, 0)


def _read(table: TableFiles, files: int, size: int) -> TableRead:
    metadata = table.table.metadata
    return TableRead(
        name=table.name,
        uuid=str(metadata.table_uuid),
        snapshot_id=metadata.current_snapshot_id,
        schema_id=metadata.current_schema_id,
        files=files,
        bytes=size,
    )


def assigned(scans: Sequence[Scan], tables: Sequence[TableFiles]) -> list[tuple[Scan, TableFiles]]:
    """Which table each scan reads, which the engine's plan does not say.

    The one that has its columns, and the rows that the plan expects; of several, one that no
    other scan reads.
    """
    found: list[tuple[Scan, TableFiles]] = []
    free = {table.name for table in tables}
    able = [(scan, [t for t in tables if _fits(scan, t)]) for scan in scans]
    for scan, candidates in sorted(able, key=lambda each: len(each[1])):
        if candidates:
            chosen = max(
                candidates,
                key=lambda t: (not scan.filters and t.rows == scan.cardinality, t.name in free),
            )
            free.discard(chosen.name)
            found.append((scan, chosen))
    return found


def _fits(scan: Scan, table: TableFiles) -> bool:
    names = {field.name for field in table.schema.fields}
    return all(_root(column, names) in names for column in scan.columns)


def columns_of(scan: Scan, table: TableFiles) -> set[str]:
    """The columns of the table that a scan needs, of its results and its conditions."""
    names = {field.name for field in table.schema.fields}
    return {_root(column, names) for column in scan.columns} | named(scan.filters, table.schema)


def _root(column: str, names: Collection[str]) -> str:
    # Of a struct the plan names the member that is read; its column is counted whole.
    return column if column in names else column.partition(".")[0]
