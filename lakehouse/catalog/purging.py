"""Dropping a table with its files."""

import logging
from pathlib import Path

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import ValidationError
from pyiceberg.typedef import Identifier

from lakehouse.catalog.locations import path_of

log = logging.getLogger(__name__)
log.addHandler(logging.NullHandler())


def purge_table(catalog: Catalog, identifier: Identifier) -> None:
    """Drop the table, then delete every file its metadata names, and the folders left empty.

    Files the metadata does not name stay: they may belong to a table registered beside it.

    Raises NoSuchTableError, and ValidationError when the table's `gc.enabled` is false.
    """
    table = catalog.load_table(identifier)
    if table.properties.get("gc.enabled", "true").lower() == "false":
        raise ValidationError(f"Cannot purge {'.'.join(identifier)}: its gc.enabled is false")
    try:
        catalog.purge_table(identifier)
    except OSError as e:
        if catalog.table_exists(identifier):
            raise
        # Dropped, but a manifest that lists files is gone: they are the orphan sweep's work.
        log.warning("some files of %s stay: %s", ".".join(identifier), e)
    if path := path_of(table.location()):
        prune_folders(path)


def prune_folders(path: Path) -> None:
    """Remove the folders below a path, and the path itself, that hold no file."""
    folders = [path, *(found for found in path.rglob("*") if found.is_dir())]
    for folder in sorted(folders, key=lambda each: len(each.parts), reverse=True):
        try:
            folder.rmdir()
        except OSError:  # not empty, or somebody was faster
            continue
