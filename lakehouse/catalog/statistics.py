"""What the tables of a catalog hold."""

from collections.abc import Iterator
from dataclasses import dataclass

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table
from pyiceberg.typedef import Identifier

from lakehouse.catalog.damage import files_of


@dataclass(frozen=True)
class TableStatistics:
    """The size of a table at its current snapshot.

    `files` and `bytes` count data files and delete files; `rows` is None where a table has
    equality deletes, which PyIceberg can't apply.
    """

    namespace: str
    table: str
    rows: int | None
    files: int
    bytes: int
    snapshots: int


def table_statistics(catalog: Catalog) -> Iterator[TableStatistics]:
    """The size of every table, sorted by namespace and name.

    Counted from the manifests: the totals in snapshot summaries are not kept by every writer,
    and overstate deletes. Only files with deleted rows are read.

    Raises CatalogError when a table's metadata or manifests can't be read.
    """
    for identifier in sorted(table_names(catalog), key=lambda each: (each[:-1], each[-1])):
        if found := statistics_of(catalog, identifier):
            yield found


def statistics_of(catalog: Catalog, identifier: Identifier) -> TableStatistics | None:
    """The size of a table; None when it was dropped since it was listed.

    Raises CatalogError when its metadata or manifests can't be read.
    """
    try:
        with files_of(".".join(identifier)):
            return measured(catalog.load_table(identifier), identifier)
    except NoSuchTableError:
        return None


def namespaces(catalog: Catalog, above: Identifier = ()) -> Iterator[Identifier]:
    """Every namespace below another, in no order."""
    for namespace in catalog.list_namespaces(above):
        yield namespace
        yield from namespaces(catalog, namespace)


def table_names(catalog: Catalog, above: Identifier = ()) -> Iterator[Identifier]:
    """Every table below a namespace, in no order."""
    for namespace in namespaces(catalog, above):
        yield from catalog.list_tables(namespace)


def measured(table: Table, identifier: Identifier) -> TableStatistics:
    """The size of a table; it reads manifests."""
    snapshot = table.current_snapshot()
    manifests = snapshot.manifests(table.io) if snapshot else []
    sizes = [
        entry.data_file.file_size_in_bytes
        for manifest in manifests
        for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True)
    ]
    return TableStatistics(
        namespace=".".join(identifier[:-1]),
        table=identifier[-1],
        rows=_rows(table),
        files=len(sizes),
        bytes=sum(sizes),
        snapshots=len(table.metadata.snapshots),
    )


def _rows(table: Table) -> int | None:
    try:
        return table.scan().count()
    except ValueError:  # "PyIceberg does not yet support equality deletes"
        return None
