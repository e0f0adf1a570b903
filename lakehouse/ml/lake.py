"""The lake as the models use it: read at a snapshot, replace a table, append to one."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import polars as pl
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NoSuchNamespaceError,
    NoSuchTableError,
)
from pyiceberg.table import Table

from lakehouse.catalog import catalog_endpoint, open_catalog
from lakehouse.config import Settings
from lakehouse.errors import CatalogError, MachineError, ModelError
from lakehouse.locks import home_lock
from lakehouse.query.engine import attach_lake, load_extensions
from lakehouse.query.limits import set_limits
from lakehouse.quoting import identifier
from lakehouse.tables.rebuild import TableContent, rebuild

NAMESPACE = "ml"
ALIAS = "lake"
WRITER = "ml.run-id"
"""Where a snapshot of a model's table keeps the id of the run that wrote it."""

_FRAME = "computed"


@dataclass(frozen=True)
class Lake:
    """The catalog, a DuckDB connection with it attached as `lake`, and the folder for models."""

    catalog: Catalog
    connection: duckdb.DuckDBPyConnection
    models: Path

    def table(self, name: str) -> Table:
        """The Iceberg table `namespace.name`.

        Raises ModelError when it is not there.
        """
        try:
            return self.catalog.load_table(tuple(name.split(".")))
        except (NoSuchTableError, NoSuchNamespaceError) as e:
            raise ModelError(f"no table {name}", hint=_hint_for(name)) from e

    def snapshot_id(self, name: str) -> int | None:
        """The current snapshot of a table; None for a table without one, or no table."""
        try:
            snapshot = self.catalog.load_table(tuple(name.split("."))).current_snapshot()
        except (NoSuchTableError, NoSuchNamespaceError):
            return None
        return snapshot.snapshot_id if snapshot else None

    def writer(self, name: str) -> str | None:
        """The run that wrote what a table holds; None when none did, or no table is there."""
        if self.snapshot_id(name) is None:
            return None
        snapshot = self.table(name).current_snapshot()
        noted = snapshot.summary if snapshot else None
        return noted.additional_properties.get(WRITER) if noted else None

    def keeps(self, name: str, snapshot_id: int) -> bool:
        """Whether a table still has a snapshot."""
        return (
            self.snapshot_id(name) is not None
            and self.table(name).snapshot_by_id(snapshot_id) is not None
        )

    def query(self, sql: str, parameters: list[object] | None = None) -> pl.DataFrame:
        """The rows of a statement over the tables of `lake`."""
        return self.connection.execute(sql, parameters or []).pl()

    def replace(self, name: str, frame: pl.DataFrame, *, doc: str, notes: Mapping[str, str]) -> int:
        """Make `frame` the whole content of `ml.<name>`; the id of the new snapshot."""
        self.connection.register(_FRAME, frame.to_arrow())
        try:
            content = TableContent(
                (NAMESPACE, name),
                f"select * from {identifier(_FRAME)}",
                doc=doc,
                commit_notes=notes,
            )
            return rebuild(self.connection, self.catalog, content).snapshot_id
        finally:
            self.connection.unregister(_FRAME)

    def restore(self, name: str, snapshot_id: int) -> None:
        """Make an earlier snapshot the current state of a table again.

        Raises CatalogError when the snapshot is gone, or somebody else changes the table.
        """
        if not self.keeps(name, snapshot_id):
            raise CatalogError(
                f"{name} has no snapshot {snapshot_id} any more",
                hint="it was expired; run the model again",
            )
        with commit_refused(name):
            self.table(name).manage_snapshots().set_current_snapshot(snapshot_id).commit()


@contextmanager
def open_lake(settings: Settings, draft: Catalog | None = None) -> Iterator[Lake]:
    """The lake of this home, or as its `draft` has it, with DuckDB on it, until the block ends.

    Raises what `open_catalog` raises.
    """
    with (
        nullcontext(draft) if draft else open_catalog(settings, create=False) as catalog,
        catalog_endpoint(settings, create=False, draft=draft) as endpoint,
        TemporaryDirectory(prefix="lakehouse-ml-") as spill,
        duckdb.connect() as connection,
    ):
        connection.execute("SET TimeZone = 'UTC'")
        set_limits(connection, settings.query, Path(spill))
        load_extensions(connection)
        attach_lake(connection, endpoint, alias=ALIAS)
        yield Lake(catalog, connection, settings.home / "models")


@contextmanager
def alone(lake: Lake) -> Iterator[None]:
    """Change models, their tables and their registry; one process of a home at a time.

    Raises LockedError when another one does.
    """
    with home_lock(lake.models.parent, "models", "changing the models in"):
        yield


@contextmanager
def commit_refused(name: str) -> Iterator[None]:
    """What a catalog says to a commit that lost its race, as a CatalogError."""
    try:
        yield
    except CommitFailedException as e:
        raise CatalogError(
            f"{name} was changed by somebody else meanwhile: {e}",
            hint="run again when the other one is done",
        ) from e


@contextmanager
def machine_refused() -> Iterator[None]:
    """Too little memory or disk, as a MachineError."""
    try:
        yield
    except (MemoryError, duckdb.OutOfMemoryException) as e:
        raise MachineError(
            f"the memory does not suffice for the models: {e}",
            hint="stop other programs, or raise query.memory_limit",
        ) from e
    except (OSError, duckdb.IOException) as e:
        raise MachineError(str(e), hint="check free space and permissions") from e


def qualified(name: str) -> str:
    """`namespace.name` as a statement has it."""
    return identifier(ALIAS, *name.split("."))


def _hint_for(name: str) -> str:
    if name.startswith(f"{NAMESPACE}."):
        return "run `lakehouse ml recommend`, `forecast` or `quantity` first"
    return "run `lakehouse build` first"
