"""Which snapshots make a published state: those of one moment that belong together."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError
from pyiceberg.typedef import Identifier

from lakehouse.catalog.sql import LakeSqlCatalog
from lakehouse.catalog.steady import SteadyCatalog
from lakehouse.errors import CatalogError
from lakehouse.query.publications import State, published_states

SOURCE = "core.fct_order_lines"
# Without these there is nothing to show; each is built from the source.
REPORTS = ("reports.rpt_daily_sales", "reports.rpt_daily_product_sales")
# Tells which days are no mistake of a clock; written only when a day of it changed.
CALENDAR = "core.dim_dates"
# What is landed and what is noted about it is no published state: these are read as they are.
LIVE = ("landing", "ops")


@dataclass(frozen=True)
class Snapshot:
    """A snapshot of a table, and when it became the current one (UTC)."""

    snapshot_id: int
    current_since: datetime


class UnpublishedError(LookupError):
    """No state can be published: `tables` are not there, or older than what they come from."""

    def __init__(self, tables: Sequence[str]) -> None:
        super().__init__(", ".join(tables))
        self.tables = tuple(tables)


class MomentCatalog(SteadyCatalog):
    """The catalog as it was when it was opened, but for the tables that are LIVE."""

    def metadata_location(self, identifier: Identifier) -> str:
        """Where the table's metadata lay, or lies. Raises NoSuchTableError."""
        if identifier[0] in LIVE:
            return LakeSqlCatalog.metadata_location(self, identifier)
        return super().metadata_location(identifier)


@dataclass(frozen=True)
class Moment:
    """What the tables of a state are read at.

    `snapshots` are read exactly; every other one of `tables` as it was at `until`, or, if that is
    None, as the endpoint of the state shows it. `publications` are the earlier states that can
    still be opened, from old to new, `publication` is this one's number, if it has one.
    """

    snapshots: Mapping[str, Snapshot]
    tables: frozenset[str]
    version: str
    published_at: datetime
    until: datetime | None = None
    publication: int | None = None
    publications: tuple["Publication", ...] = ()

    @classmethod
    def of(cls, catalog: Catalog, publication: int | None = None) -> "Moment":
        """The newest whole state of the catalog, or that after an earlier publication.

        Raises UnpublishedError when there is none, CatalogError when that publication is none.
        """
        tables = _tables_of(catalog)
        histories = {table: _history(catalog, table) for table in (SOURCE, *REPORTS)}
        missing = [table for table, history in histories.items() if not history]
        if missing or CALENDAR not in tables:
            raise UnpublishedError([*missing, *([] if CALENDAR in tables else [CALENDAR])])
        readable = _readable(published_states(catalog), histories)
        listed = tuple(Publication(s.number, s.published_at) for s in readable if s.published_at)
        if publication is not None:
            return _earlier(readable, publication, histories, tables, listed)
        found, until = newest_whole(histories.pop(SOURCE), histories)
        if until is None and not isinstance(catalog, SteadyCatalog):
            until = datetime.now(UTC)
        return cls(
            found,
            tables,
            version_of(found, {} if until else pointers(catalog)),
            max(snapshot.current_since for snapshot in found.values()),
            until,
            listed[-1].number if listed else None,
            listed,
        )

    def clause(self, table: str) -> str:
        """What a FROM says behind the table's name, in DuckDB's SQL."""
        if table in self.snapshots:
            return f"at (version => {self.snapshots[table].snapshot_id})"
        if self.until is None or table.split(".", maxsplit=1)[0] in LIVE:
            return ""
        return f"at (timestamp => timestamp '{self.until.replace(tzinfo=None)}')"


@dataclass(frozen=True)
class Publication:
    """An earlier state that can be opened: its number, and when it was published (UTC)."""

    number: int
    published_at: datetime


def version_of(snapshots: Mapping[str, Snapshot], pointers: Mapping[str, str]) -> str:
    """The short name of a set of snapshots and of where the other tables are, in any order."""
    ids = [f"{table}@{snapshots[table].snapshot_id}" for table in sorted(snapshots)]
    others = [f"{table}:{pointers[table]}" for table in sorted(pointers) if table not in snapshots]
    return hashlib.sha256(",".join(ids + others).encode()).hexdigest()[:7]


def pointers(catalog: Catalog) -> dict[str, str]:
    """Where the published tables are, by name; of a catalog that can't tell at once, nothing."""
    if not isinstance(catalog, LakeSqlCatalog):
        return {}
    locations = catalog.metadata_locations().items()
    return {".".join(table): at for table, at in locations if table[0] not in LIVE}


def newest_whole(
    source: Sequence[Snapshot], reports: Mapping[str, Sequence[Snapshot]]
) -> tuple[dict[str, Snapshot], datetime | None]:
    """The newest snapshot of the source that every report was built from, and those reports.

    With them comes the last moment at which that state was the current one; None: it still is.

    Histories run from old to new. A build commits the source first and the reports one after
    the other, so a report that became current between two snapshots of the source was built
    from the earlier one. While a build is under way the state before it is still whole, and
    its snapshots are still there.

    Raises UnpublishedError when no state is whole.
    """
    until = None
    for built_from in reversed(source):
        since = built_from.current_since
        found = {
            table: [s for s in history if since <= s.current_since and _before(s, until)]
            for table, history in reports.items()
        }
        if all(found.values()):
            latest = {table: built[-1] for table, built in found.items()}
            # Times are those of snapshots, in milliseconds.
            return {SOURCE: built_from} | latest, until and until - timedelta(milliseconds=1)
        until = since
    newest = source[-1].current_since
    raise UnpublishedError([t for t, h in reports.items() if h[-1].current_since < newest])


def _before(snapshot: Snapshot, until: datetime | None) -> bool:
    return until is None or snapshot.current_since < until


def _readable(states: Sequence[State], histories: Mapping[str, Sequence[Snapshot]]) -> list[State]:
    """The published states whose source and reports can still be read."""
    there = {table: {s.snapshot_id for s in history} for table, history in histories.items()}
    return [
        state
        for state in states
        if all(t in state.marts and state.marts[t].snapshot_id in there[t] for t in there)
    ]


def _earlier(
    readable: Sequence[State],
    number: int,
    histories: Mapping[str, Sequence[Snapshot]],
    tables: frozenset[str],
    listed: tuple[Publication, ...],
) -> Moment:
    for state in readable:
        if state.number == number and state.published_at is not None:
            marts = {
                table: Snapshot(mart.snapshot_id, state.published_at)
                for table, mart in state.marts.items()
                if table in tables
            }
            at = state.published_at + timedelta(milliseconds=1)
            version = version_of(marts, {})
            return Moment(marts, tables, version, state.published_at, at, number, listed)
    known = f"publications {', '.join(str(p.number) for p in listed)} can be" if listed else ""
    hint = known or "no publication can be"
    raise CatalogError(f"there is no publication {number} to show", hint=f"{hint} opened")


def _tables_of(catalog: Catalog) -> frozenset[str]:
    if isinstance(catalog, LakeSqlCatalog):
        return frozenset(".".join(table) for table in catalog.metadata_locations())
    namespaces = catalog.list_namespaces()
    return frozenset(".".join(t) for each in namespaces for t in catalog.list_tables(each))


def _history(catalog: Catalog, name: str) -> list[Snapshot]:
    """The snapshots that were current one after the other and still exist; none of no table."""
    try:
        table = catalog.load_table(name)
    except (NoSuchTableError, NoSuchNamespaceError):
        return []
    return [
        Snapshot(entry.snapshot_id, datetime.fromtimestamp(entry.timestamp_ms / 1000, UTC))
        for entry in table.history()
        if table.snapshot_by_id(entry.snapshot_id) is not None
    ]
