"""A draft of the lake: what a build writes, beside the published tables until all of it is good.

The catalog's rows stay as they are. A table that the build changes gets a row in a table of its
own, with the metadata it has now and the one it came from; the files are written where they will
stay. So publishing moves pointers and nothing else (lakehouse.catalog.publishing), and readers
know of a draft no more than of a commit that failed.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError, TableAlreadyExistsError
from pyiceberg.io import FileIO
from pyiceberg.table import Table
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.typedef import Identifier
from sqlalchemy import (
    Column,
    ColumnElement,
    CursorResult,
    MetaData,
    String,
    delete,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy import Table as Rows
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable

from lakehouse.catalog.commits import RaceLostError
from lakehouse.catalog.draft_files import Drafted, remove_draft_files
from lakehouse.catalog.locations import path_of
from lakehouse.catalog.sql import LakeSqlCatalog
from lakehouse.locks import home_lock

# Of several homes on one catalog, each has a draft of its own. No metadata: the table is dropped;
# no base: it is new. The row without a name says that there is a draft, and which run it is of.
_ROWS: Final = Rows(
    "lakehouse_drafts",
    MetaData(),
    Column("home", String(1000), primary_key=True),
    Column("table_namespace", String(255), primary_key=True),
    Column("table_name", String(255), primary_key=True),
    Column("run", String(100), nullable=False),
    Column("metadata_location", String(1000)),
    Column("base_location", String(1000)),
)
_NAMELESS: Final = ("", "")


class DraftCatalog(LakeSqlCatalog):
    """The catalog as a build sees it: the draft first, then the tables as they were at its start.

    Until `open` it is the catalog as everybody sees it. Tables in the namespaces `direct` are
    never drafted, and neither are namespaces.
    """

    def __init__(self, published: LakeSqlCatalog, home: Path, direct: Sequence[str] = ()) -> None:
        super().__init__(published.name, published.engine, **published.properties)
        self._home = home
        self._direct = frozenset(direct)
        self._pins: dict[Identifier, str] | None = None
        self._held = ExitStack()

    @property
    def is_open(self) -> bool:
        """Whether changes go to the draft."""
        return self._pins is not None

    def open(self) -> None:
        """Go on with the draft of this home: from now on changes go to it.

        What is read of other tables stays as it is now, so that a build sees one state of the
        lake from its first model to its last test. Raises LockedError when another process is
        at it.
        """
        self.close()
        self._held.enter_context(home_lock(self._home, "draft", "building the marts of"))
        with self.engine.begin() as connection:
            connection.execute(CreateTable(_ROWS, if_not_exists=True))
        self._pins = super().metadata_locations()

    @property
    def run(self) -> str | None:
        """The id of the run whose draft this is; None when there is none. It must be open."""
        with self.engine.connect() as connection:
            return connection.scalar(select(_ROWS.c.run).where(*self._row_in_draft(_NAMELESS)))

    @run.setter
    def run(self, run: str) -> None:
        with Session(self.engine) as session:
            session.execute(delete(_ROWS).where(*self._row_in_draft(_NAMELESS)))
            session.execute(insert(_ROWS).values(**self._keys(_NAMELESS), run=run))
            session.commit()

    def close(self) -> None:
        """Leave the draft as it is; from now on this is the published catalog."""
        self._pins = None
        self._held.close()

    def drafted(self) -> list[Drafted]:
        """The tables of the draft, by name. It must be open."""
        query = select(_ROWS).where(self._mine(), _ROWS.c.table_name != "")
        with self.engine.connect() as connection:
            found = connection.execute(query).all()
        tables = (
            Drafted(
                (*row.table_namespace.split("."), row.table_name),
                row.metadata_location,
                row.base_location,
            )
            for row in found
        )
        return sorted(tables, key=lambda each: each.identifier)

    def forget(self, session: Session, identifier: Identifier | None = None) -> None:
        """Take a table, or all of them, out of the draft, in the session's transaction."""
        where = [self._mine()] if identifier is None else self._row_in_draft(identifier)
        session.execute(delete(_ROWS).where(*where))

    def renew(self, identifier: Identifier) -> None:
        """See a table that the draft does not change as it is published now."""
        live = super().metadata_locations()
        if self._pins is not None:
            self._pins.pop(identifier, None)
            if identifier in live:
                self._pins[identifier] = live[identifier]

    # --- reading

    def metadata_location(self, identifier: Identifier) -> str:
        """As the published catalog's, with the draft's in front."""
        if self._pins is None or self._is_direct(identifier):
            return super().metadata_location(identifier)
        if row := self._find(identifier):
            location = row.location
        else:
            location = self._pins.get(identifier)
            path = path_of(location) if location else None
            if path and not path.exists():
                # A hundred commits to a table remove the metadata it had at the start.
                self._pins[identifier] = location = super().metadata_location(identifier)
        if location is None:
            raise NoSuchTableError(f"Table does not exist: {'.'.join(identifier)}")
        return location

    def metadata_locations(self) -> dict[Identifier, str]:
        """As the published catalog's, with the draft's in front."""
        live = super().metadata_locations()
        if self._pins is None:
            return live
        found = {table: at for table, at in live.items() if self._is_direct(table)}
        found |= {table: at for table, at in self._pins.items() if not self._is_direct(table)}
        for row in self.drafted():
            found.pop(row.identifier, None)
            if row.location:
                found[row.identifier] = row.location
        return found

    def list_tables(self, namespace: str | Identifier) -> list[Identifier]:
        """As PyIceberg's."""
        found = super().list_tables(namespace)
        if self._pins is None:
            return found
        levels = Catalog.identifier_to_tuple(namespace)
        return sorted(table for table in self.metadata_locations() if table[:-1] == levels)

    # --- writing

    def move_pointer(
        self, session: Session, identifier: Identifier, old: str | None, new: str | None
    ) -> None:
        """As the published catalog's, but in the draft."""
        if self._pins is None or self._is_direct(identifier):
            super().move_pointer(session, identifier, old, new)
        elif row := self._find(identifier):
            as_known = (*self._row_in_draft(identifier), _ROWS.c.metadata_location.is_(old))
            gone = new is None and row.base is None
            done = session.execute(
                delete(_ROWS).where(*as_known)
                if gone
                else update(_ROWS).where(*as_known).values(metadata_location=new)
            )
            if not isinstance(done, CursorResult) or done.rowcount < 1:
                raise RaceLostError(f"{'.'.join(identifier)} was changed by somebody else")
        else:
            self._draft(session, identifier, old, new)

    def drop_table(self, identifier: str | Identifier) -> None:
        """As PyIceberg's; with its files, once the draft is published."""
        levels = Catalog.identifier_to_tuple(identifier)
        if self._pins is None or self._is_direct(levels):
            super().drop_table(levels)
            return
        before = self._find(levels)
        with Session(self.engine) as session:
            self.move_pointer(session, levels, self.metadata_location(levels), None)
            session.commit()
        if before:
            remove_draft_files(self, before)

    def purge_table(self, identifier: str | Identifier) -> None:
        """As `drop_table`: what a draft drops is still published."""
        levels = Catalog.identifier_to_tuple(identifier)
        if self._pins is None or self._is_direct(levels):
            super().purge_table(levels)
        else:
            self.drop_table(levels)

    def rename_table(
        self, from_identifier: str | Identifier, to_identifier: str | Identifier
    ) -> Table:
        """Refused while the draft is open: nothing that builds renames."""
        self._refuse("rename")
        return super().rename_table(from_identifier, to_identifier)

    def register_table(
        self, identifier: str | Identifier, metadata_location: str, overwrite: bool = False
    ) -> Table:
        """Refused while the draft is open: nothing that builds registers."""
        self._refuse("register")
        return super().register_table(identifier, metadata_location, overwrite)

    def _delete_old_metadata(  # type: ignore[override] # PyIceberg's is static, and needs no state
        self, io: FileIO, base: TableMetadata, metadata: TableMetadata
    ) -> None:
        # What the draft outlives is what the published table still names.
        if self._pins is None:
            super()._delete_old_metadata(io, base, metadata)

    def _draft(
        self, session: Session, identifier: Identifier, old: str | None, new: str | None
    ) -> None:
        row = {"run": self.run, "metadata_location": new, "base_location": old}
        try:
            session.execute(insert(_ROWS).values(**self._keys(identifier), **row))
        except IntegrityError as e:
            name = ".".join(identifier)
            if old is None:
                raise TableAlreadyExistsError(f"Table {name} already exists") from e
            raise RaceLostError(f"{name} was changed by somebody else") from e

    def _find(self, identifier: Identifier) -> Drafted | None:
        with self.engine.connect() as connection:
            row = connection.execute(select(_ROWS).where(*self._row_in_draft(identifier))).first()
        return Drafted(identifier, row.metadata_location, row.base_location) if row else None

    def _is_direct(self, identifier: Identifier) -> bool:
        return ".".join(identifier[:-1]) in self._direct

    def _refuse(self, what: str) -> None:
        if self._pins is not None:
            raise NotImplementedError(f"a build can't {what} tables")

    def _mine(self) -> ColumnElement[bool]:
        return _ROWS.c.home == str(self._home)

    def _row_in_draft(self, identifier: Identifier) -> list[ColumnElement[bool]]:
        return [_ROWS.c[name] == value for name, value in self._keys(identifier).items()]

    def _keys(self, identifier: Identifier) -> dict[str, str]:
        return {
            "home": str(self._home),
            "table_namespace": ".".join(identifier[:-1]),
            "table_name": identifier[-1],
        }


def drafts_of(catalog: Catalog, identifier: Identifier) -> list[Drafted]:
    """What the drafts of any home hold of a table, open or left for a look."""
    if not isinstance(catalog, LakeSqlCatalog) or not inspect(catalog.engine).has_table(_ROWS.name):
        return []
    row = {"table_namespace": ".".join(identifier[:-1]), "table_name": identifier[-1]}
    query = select(_ROWS).where(*(_ROWS.c[name] == value for name, value in row.items()))
    with catalog.engine.connect() as connection:
        found = connection.execute(query).all()
    return [Drafted(identifier, each.metadata_location, each.base_location) for each in found]
