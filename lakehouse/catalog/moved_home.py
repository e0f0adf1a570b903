"""Homes that were copied or moved: their catalog still names the files of the original.

Iceberg's metadata holds absolute locations, so a build in a copied home would write into the
tables of the original, and a moved home can't find its own.
"""

from collections.abc import Iterable
from pathlib import Path

from lakehouse.catalog.locations import path_of
from lakehouse.errors import CatalogError


def refuse_moved_home(home: Path, locations: Iterable[str]) -> None:
    """Make sure that tables at the metadata `locations` are where the warehouse of `home` is.

    The sign is a metadata file, whose name is unique, that lies in this warehouse while the
    catalog looks for it in another one. A table that was registered elsewhere has none here, and
    a link from the old place to this one keeps the home whole. Raises CatalogError.
    """
    warehouse = home / "warehouse"
    for location in locations:
        path = path_of(location)
        if path is not None and not path.is_relative_to(warehouse):
            for root in path.parents:
                if (warehouse / path.relative_to(root)).is_file():
                    _refuse_unless_linked(home, warehouse, root)


def _refuse_unless_linked(home: Path, warehouse: Path, root: Path) -> None:
    known = root.resolve()
    if known == warehouse.resolve():
        return
    original = known.parent
    if known.is_dir():
        raise CatalogError(
            f"the home {home} is a copy of {original}, whose tables it would write to",
            hint=f"use --home {original}, or build anew in an empty home",
        )
    raise CatalogError(
        f"the home {home} was moved from {original}, where its catalog looks for the tables",
        hint="move it back, or build anew in an empty home",
    )
