"""The rules as they are now, read again when their tables have changed.

Where they can't be read, nobody sees anything: AccessError says why.
"""

import time
from dataclasses import dataclass
from threading import Lock

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError
from pyiceberg.table import Table

from lakehouse.catalog import open_catalog
from lakehouse.catalog.explaining import explained
from lakehouse.catalog.sql import LakeSqlCatalog
from lakehouse.config import Settings
from lakehouse.errors import AccessError, LakehouseError
from lakehouse.query.access.rules import Rules
from lakehouse.query.access.viewer import Person, Viewer
from lakehouse.tables.access import COLUMN_RULES, ROW_RULES

# A catalog behind a network is asked so often at most.
_REMOTE_SECONDS = 5.0
_NO_RULES = "let somebody in with `lakehouse access grant NAME`"
_DAMAGED = "whoever keeps the lakehouse sees more with `lakehouse access show`"


@dataclass(frozen=True)
class _Read:
    where: tuple[str, str]
    rules: Rules
    snapshots: tuple[int | None, int | None]
    at: float


class RuleBook:
    """The rules of a lake. Any thread may ask."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._read: _Read | None = None

    def viewer(self, person: Person) -> Viewer:
        """A person with what the rules of this moment let through. Raises AccessError."""
        read = self._now()
        scope = read.rules.scope(person, self._settings.access)
        return Viewer(person, scope, *read.snapshots)

    def rules(self) -> Rules:
        """All rules of this moment. Raises AccessError."""
        return self._now().rules

    def _now(self) -> _Read:
        with self._lock:
            known = self._read
            remote = bool(self._settings.catalog)
            if known and remote and time.monotonic() - known.at < _REMOTE_SECONDS:
                return known
            try:
                with (
                    open_catalog(self._settings, create=False) as catalog,
                    explained("the catalog"),
                ):
                    self._read = _fresh(catalog, known)
            except LakehouseError as e:
                self._read = None
                if isinstance(e, AccessError):
                    raise
                raise AccessError(f"the rules can't be read: {e.message}", hint=e.hint) from e
            except Exception as e:
                self._read = None
                reason = str(e).splitlines()[0] if str(e) else type(e).__name__
                raise AccessError(f"the rules can't be read: {reason}", hint=_DAMAGED) from e
            return self._read


def _fresh(catalog: Catalog, known: _Read | None) -> _Read:
    if isinstance(catalog, LakeSqlCatalog) and known is not None:
        where = tuple(_location(catalog, name) for name in (ROW_RULES, COLUMN_RULES))
        if where == known.where:
            return known
    with explained("the catalog"):
        rows, columns = _table(catalog, ROW_RULES), _table(catalog, COLUMN_RULES)
    return _Read(
        (rows.metadata_location, columns.metadata_location),
        Rules.of(rows.scan().to_arrow(), columns.scan().to_arrow()),
        (rows.metadata.current_snapshot_id, columns.metadata.current_snapshot_id),
        time.monotonic(),
    )


def _location(catalog: LakeSqlCatalog, name: tuple[str, str]) -> str:
    try:
        return catalog.metadata_location(name)
    except NoSuchTableError as e:
        raise _missing(name) from e


def _table(catalog: Catalog, name: tuple[str, str]) -> Table:
    try:
        return catalog.load_table(name)
    except (NoSuchTableError, NoSuchNamespaceError) as e:
        raise _missing(name) from e


def _missing(name: tuple[str, str]) -> AccessError:
    message = f"there is no table {'.'.join(name)}, and without rules nobody sees anything"
    return AccessError(message, hint=_NO_RULES)
