"""External tables of a home whose catalog is a REST service, which has no place for them: files.

Tables, views and namespaces are the service's; its other clients do not see the names here.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
)

from lakehouse.catalog.commits import ATTEMPTS
from lakehouse.catalog.external_tables import ExternalTable, from_json, to_json
from lakehouse.catalog.names import check_table, folder_of
from lakehouse.locks import waited_lock

if TYPE_CHECKING:
    from lakehouse.catalog.remote import LakeRestCatalog


class HomeExternalTables:
    """The external tables beside a REST catalog, a file each in a folder of the home."""

    def __init__(self, catalog: "LakeRestCatalog", folder: Path) -> None:
        self._catalog = catalog
        self._folder = folder

    def find(self, database: str, name: str) -> ExternalTable | None:
        """The table of that name, or None."""
        kept = _kept(self._file(database, name))
        return None if kept is None else from_json(database, kept)

    def names(self, database: str) -> list[str]:
        """The names of a database's external tables, sorted."""
        files = (self._folder / folder_of(database)).glob("*.json")
        kept = filter(None, map(_kept, files))  # one may be dropped meanwhile
        return sorted(from_json(database, each).name for each in kept)

    def create(self, table: ExternalTable) -> None:
        """Keep a new table."""
        levels = check_table((*Catalog.identifier_to_tuple(table.database), table.name))
        if not self._catalog.namespace_exists(levels[:-1]):
            raise NoSuchNamespaceError(f"Namespace does not exist: {table.database}")
        with self._alone():
            file = self._file(table.database, table.name)
            if file.exists() or self._catalog.table_exists(levels) or self._is_view(levels):
                raise TableAlreadyExistsError(f"{'.'.join(levels)} already exists")
            _write(file, table)

    def change(
        self, database: str, name: str, change: Callable[[ExternalTable], ExternalTable]
    ) -> ExternalTable:
        """Put what `change` makes of the table in its place."""
        file = self._file(database, name)
        for _ in range(ATTEMPTS):
            old = _kept(file)
            if old is None:
                raise NoSuchTableError(f"Table does not exist: {database}.{name}")
            made = change(from_json(database, old))
            with self._alone():
                if _kept(file) == old:
                    _write(file, made)
                    return made
        raise CommitFailedException(f"{database}.{name} was changed by somebody else")

    def drop(self, database: str, name: str) -> None:
        """Forget the table."""
        try:
            self._file(database, name).unlink()
        except FileNotFoundError as e:
            raise NoSuchTableError(f"Table does not exist: {database}.{name}") from e

    def _is_view(self, levels: tuple[str, ...]) -> bool:
        return levels in self._catalog.list_views(levels[:-1])

    def _file(self, database: str, name: str) -> Path:
        return self._folder / folder_of(database) / f"{folder_of(name)}.json"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with waited_lock(self._folder / "tables.lock"):
            yield


def _kept(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None


def _write(file: Path, table: ExternalTable) -> None:
    """Whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(f".{uuid4().hex}")
    fresh.write_bytes(to_json(table))
    fresh.replace(file)
