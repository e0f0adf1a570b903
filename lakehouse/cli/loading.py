"""The table that a command names."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyiceberg.table import Table

    from lakehouse.config import Settings


@contextmanager
def loaded(settings: "Settings", name: str) -> Iterator["Table"]:
    """A table of the catalog, which is open until the block ends.

    Raises CatalogError when there is none of that name, or it is dropped within the block.
    """
    from pyiceberg.exceptions import NoSuchTableError

    from lakehouse.catalog import open_catalog
    from lakehouse.catalog.explaining import explained
    from lakehouse.errors import CatalogError

    with open_catalog(settings, create=False) as catalog, explained("the catalog"):
        try:
            yield catalog.load_table(tuple(name.split(".")))
        except (NoSuchTableError, ValueError) as e:
            hint = "`lakehouse catalog tables` lists them"
            raise CatalogError(f"no table {name!r}", hint=hint) from e
        except FileNotFoundError as e:
            hint = "roll it back to a snapshot that has all its files, or drop it"
            raise CatalogError(f"a file of {name} is missing: {e}", hint=hint) from e
