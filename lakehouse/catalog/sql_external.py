"""External tables in a SQL catalog: a row of type FILES, its definition a file that never changes.

As with views, changing a table points its row at another file; the primary key of the rows keeps
its name apart from those of tables and views.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import uuid4

from pyiceberg.catalog import Catalog
from pyiceberg.catalog.sql import IcebergTables
from pyiceberg.exceptions import (
    CommitFailedException,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lakehouse.catalog.commits import ATTEMPTS
from lakehouse.catalog.external_tables import ExternalTable, from_json, to_json
from lakehouse.catalog.names import check_table, folder_of

if TYPE_CHECKING:
    from lakehouse.catalog.sql import LakeSqlCatalog

_FILES = "FILES"  # PyIceberg's column takes five characters


class SqlExternalTables:
    """The external tables of a SQL catalog."""

    def __init__(self, catalog: "LakeSqlCatalog") -> None:
        self._catalog = catalog

    def find(self, database: str, name: str) -> ExternalTable | None:
        """The table of that name, or None."""
        for _ in range(ATTEMPTS):
            file = self._file_of(database, name)
            if file is None:
                return None
            try:
                return self._read(database, file)
            except FileNotFoundError:  # changed between the two looks
                continue
        raise CommitFailedException(f"{database}.{name} is changed all the time")

    def names(self, database: str) -> list[str]:
        """The names of a database's external tables, sorted."""
        rows = select(IcebergTables.table_name).where(
            IcebergTables.catalog_name == self._catalog.name,
            IcebergTables.table_namespace == database,
            IcebergTables.iceberg_type == _FILES,
        )
        with Session(self._catalog.engine) as session:
            return sorted(session.scalars(rows))

    def create(self, table: ExternalTable) -> None:
        """Keep a new table."""
        levels = check_table((*Catalog.identifier_to_tuple(table.database), table.name))
        if not self._catalog.namespace_exists(levels[:-1]):
            raise NoSuchNamespaceError(f"Namespace does not exist: {table.database}")
        file = self._written(table)
        values = {
            "catalog_name": self._catalog.name,
            "table_namespace": table.database,
            "table_name": table.name,
            "metadata_location": file,
            "iceberg_type": _FILES,
        }
        try:
            with Session(self._catalog.engine) as session:
                session.execute(insert(IcebergTables).values(**values))
                session.commit()
        except IntegrityError as e:
            self._remove(file)
            raise TableAlreadyExistsError(f"{'.'.join(levels)} already exists") from e

    def change(
        self, database: str, name: str, change: Callable[[ExternalTable], ExternalTable]
    ) -> ExternalTable:
        """Put what `change` makes of the table in its place."""
        for _ in range(ATTEMPTS):
            old = self._file_of(database, name)
            if old is None:
                raise NoSuchTableError(f"Table does not exist: {database}.{name}")
            try:
                made = change(self._read(database, old))
            except FileNotFoundError:
                continue
            if self._pointed(database, name, old, made):
                return made
        raise CommitFailedException(f"{database}.{name} was changed by somebody else")

    def drop(self, database: str, name: str) -> None:
        """Forget the table."""
        file = self._file_of(database, name)
        with Session(self._catalog.engine) as session:
            gone = session.execute(delete(IcebergTables).where(*self._row(database, name)))
            session.commit()
        if not gone.rowcount or file is None:  # type: ignore[attr-defined] # of a DELETE
            raise NoSuchTableError(f"Table does not exist: {database}.{name}")
        self._remove(file)

    def _pointed(self, database: str, name: str, old: str, made: ExternalTable) -> bool:
        file = self._written(made)
        as_known = (*self._row(database, name), IcebergTables.metadata_location == old)
        with Session(self._catalog.engine) as session:
            statement = update(IcebergTables).where(*as_known).values(metadata_location=file)
            moved = session.execute(statement).rowcount  # type: ignore[attr-defined] # of an UPDATE
            session.commit()
        self._remove(old if moved else file)
        return bool(moved)

    def _file_of(self, database: str, name: str) -> str | None:
        row = select(IcebergTables.metadata_location).where(*self._row(database, name))
        with Session(self._catalog.engine) as session:
            return session.scalar(row)

    def _row(self, database: str, name: str) -> tuple[ColumnElement[bool], ...]:
        return (
            IcebergTables.catalog_name == self._catalog.name,
            IcebergTables.table_namespace == database,
            IcebergTables.table_name == name,
            IcebergTables.iceberg_type == _FILES,
        )

    def _read(self, database: str, file: str) -> ExternalTable:
        with self._catalog._load_file_io(location=file).new_input(file).open() as stream:
            return from_json(database, stream.read())

    def _written(self, table: ExternalTable) -> str:
        warehouse = self._catalog.properties["warehouse"].rstrip("/")
        place = f"{warehouse}/{folder_of(table.database)}/{folder_of(table.name)}-external"
        file = f"{place}/{uuid4()}.external.json"
        with self._catalog._load_file_io(location=file).new_output(file).create() as stream:
            stream.write(to_json(table))
        return file

    def _remove(self, file: str) -> None:
        self._catalog._load_file_io(location=file).delete(file)
