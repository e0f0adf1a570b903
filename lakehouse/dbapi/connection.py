"""A connection: a session of a workgroup, shared by its cursors."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

from lakehouse.athena.executing import open_executions
from lakehouse.config import load_settings
from lakehouse.dbapi import errors
from lakehouse.dbapi.cursor import Cursor
from lakehouse.errors import LakehouseError
from lakehouse.query.executions import Executions
from lakehouse.workgroup_settings import PRIMARY


class Connection:
    """Runs statements of its cursors one after the other; threads may share it.

    Each statement is committed when it ends: there is no transaction over several.
    """

    Warning = errors.Warning
    Error = errors.Error
    InterfaceError = errors.InterfaceError
    DatabaseError = errors.DatabaseError
    DataError = errors.DataError
    OperationalError = errors.OperationalError
    IntegrityError = errors.IntegrityError
    InternalError = errors.InternalError
    ProgrammingError = errors.ProgrammingError
    NotSupportedError = errors.NotSupportedError

    def __init__(self, held: ExitStack, executions: Executions, reuse: timedelta | None) -> None:
        self._held = held
        self._opened: Executions | None = executions
        self._reuse = reuse

    def cursor(self) -> Cursor:
        """A new cursor."""
        self._executions()
        return Cursor(self._executions, self._reuse)

    def execute(self, operation: str, parameters: Sequence[object] = ()) -> Cursor:
        """Run a statement with a new cursor, which is returned."""
        return self.cursor().execute(operation, parameters)

    def commit(self) -> None:
        """Do nothing: every statement is committed when it ends."""
        self._executions()

    def rollback(self) -> NoReturn:
        """Raise NotSupportedError: what a statement did is committed."""
        self._executions()
        raise errors.NotSupportedError("there is nothing to roll back: statements are committed")

    def close(self) -> None:
        """Cancel what runs, and end the session. Closing twice does nothing."""
        self._opened = None
        self._held.close()

    def _executions(self) -> Executions:
        if self._opened is None:
            raise errors.InterfaceError("the connection is closed")
        return self._opened

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self._held.close()


def connect(  # noqa: PLR0913 - one keyword an option
    home: str | Path | None = None,
    *,
    config: str | Path | None = None,
    workgroup: str = PRIMARY,
    dialect: str | None = None,
    write: bool = False,
    reuse: timedelta | None = None,
) -> Connection:
    """A connection to the lakehouse in `home`, or in the one that lakehouse.toml names.

    `config` is the lakehouse.toml to read, else the nearest one. `write` asks for the permission
    to write, where the workgroup leaves that to who asks. `reuse` is how old an earlier result may
    be that answers a query again.

    Raises InterfaceError for a setting that is wrong, OperationalError when there is no lakehouse.
    """
    flags = {"home": None if home is None else str(Path.cwd() / home)}
    with ExitStack() as held:
        try:
            settings = load_settings(config=Path(config) if config else None, flags=flags)
            opened = open_executions(settings, workgroup=workgroup, dialect=dialect, write=write)
            executions = held.enter_context(opened)
        except LakehouseError as e:
            raise errors.translated(e) from e
        return Connection(held.pop_all(), executions, reuse)
