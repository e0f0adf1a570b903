"""What a command names: a table, or anything that the catalog has."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table
    from pyiceberg.typedef import Identifier
    from pyiceberg.view import View

    from lakehouse.catalog.external_tables import ExternalTable
    from lakehouse.config import Settings


@contextmanager
def loaded(settings: "Settings", name: str) -> Iterator["Table"]:
    """An Iceberg table of the catalog, which is open until the block ends.

    Raises CatalogError when there is none of that name, or it is dropped within the block.
    """
    from pyiceberg.exceptions import NoSuchTableError

    from lakehouse.catalog import open_catalog
    from lakehouse.catalog.damage import files_of
    from lakehouse.catalog.entries import kind_of
    from lakehouse.catalog.explaining import explained
    from lakehouse.errors import CatalogError

    identifier = tuple(name.split("."))
    with open_catalog(settings, create=False) as catalog, explained("the catalog"):
        if len(identifier) < 2 or not all(identifier):
            raise _missing(name)
        try:
            with files_of(name):
                yield catalog.load_table(identifier)
        except NoSuchTableError as e:
            kind = kind_of(catalog, identifier)
            if kind in ("view", "external"):
                what = "a view" if kind == "view" else "a table of raw files"
                hint = f"`lakehouse catalog show {name}` tells what it is"
                raise CatalogError(f"{name} is {what}, not an Iceberg table", hint=hint) from e
            raise _missing(name) from e


@contextmanager
def found(settings: "Settings", name: str) -> Iterator["Table | ExternalTable | View"]:
    """The same for a table of raw files and a view, too."""
    from lakehouse.catalog import open_catalog
    from lakehouse.catalog.entries import kind_of
    from lakehouse.catalog.explaining import explained

    identifier = tuple(name.split("."))
    with open_catalog(settings, create=False) as catalog, explained("the catalog"):
        kind = kind_of(catalog, identifier)
        if kind in ("view", "external"):
            yield _other(catalog, identifier)
            return
    with loaded(settings, name) as table:
        yield table


def _other(catalog: "Catalog", identifier: "Identifier") -> "ExternalTable | View":
    from pyiceberg.exceptions import NoSuchViewError

    from lakehouse.catalog.external_tables import external_tables
    from lakehouse.errors import CatalogError

    tables = external_tables(catalog)
    if tables and (table := tables.find(".".join(identifier[:-1]), identifier[-1])):
        return table
    try:
        return catalog.load_view(identifier)
    except NoSuchViewError as e:
        raise _missing(".".join(identifier)) from e
    except NotImplementedError as e:
        raise CatalogError(str(e), hint="ask whoever made it") from e


def _missing(name: str) -> Exception:
    from lakehouse.errors import CatalogError

    return CatalogError(f"no table {name!r}", hint="`lakehouse catalog tables` lists them")
