"""The tables of the lake as they are now, described: for who looks at the catalog."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError

from lakehouse.catalog import open_catalog
from lakehouse.catalog.damage import files_of
from lakehouse.catalog.explaining import explained
from lakehouse.catalog.statistics import TableStatistics, table_statistics
from lakehouse.config import Settings
from lakehouse.tables.details import (
    Partition,
    TableDetails,
    Version,
    details_of,
    partitions_of,
    versions_of,
)


@dataclass(frozen=True)
class Described:
    """A table: what it is, its partitions with files, and its snapshots, the newest first."""

    details: TableDetails
    partitions: list[Partition]
    versions: list[Version]


def sizes(settings: Settings) -> list[TableStatistics]:
    """The size of every table, by namespace and name. Raises CatalogError."""
    with _opened(settings) as catalog:
        return list(table_statistics(catalog))


def described(settings: Settings, name: str) -> Described | None:
    """The table `namespace.table`, None when there is none. Raises CatalogError."""
    with _opened(settings) as catalog:
        identifier = tuple(name.split("."))
        if len(identifier) < 2 or not all(identifier):
            return None
        try:
            with files_of(name):
                table = catalog.load_table(identifier)
                return Described(details_of(table), partitions_of(table), versions_of(table))
        except (NoSuchTableError, NoSuchNamespaceError):
            return None


@contextmanager
def _opened(settings: Settings) -> Iterator[Catalog]:
    with open_catalog(settings, create=False) as catalog, explained("the catalog"):
        yield catalog
