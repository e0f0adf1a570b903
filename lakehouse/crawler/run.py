"""A crawl: list, read what is new, find the tables, bring the catalog up to date."""

import json
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from pyiceberg.catalog import Catalog

from lakehouse.athena.errors import AthenaError
from lakehouse.athena.external.places import Places
from lakehouse.catalog.external_tables import external_tables
from lakehouse.config import Settings
from lakehouse.crawler.assignment import Assignment, known_table
from lakehouse.crawler.changes import TableChanges
from lakehouse.crawler.definitions import Definitions
from lakehouse.crawler.layout import FilesBelow, Grouping, tables_of
from lakehouse.crawler.listing import Listing, listed
from lakehouse.crawler.patterns import check_pattern
from lakehouse.crawler.reading import Reading
from lakehouse.crawler.records import record
from lakehouse.crawler.report import CrawlReport
from lakehouse.crawler.schemas import SIMILAR
from lakehouse.crawler.state import CrawlState, KnownFile, load_state, save_state, state_file
from lakehouse.crawler_settings import ClassifierSettings, CrawlerSettings
from lakehouse.errors import CatalogError, SourceError
from lakehouse.locks import home_lock
from lakehouse.object_keys.patterns import matcher
from lakehouse.progress import Progress

Clock = Callable[[], datetime]
# What is told once, and not at each crawl anew, while it stays as it is.
_UNREAD = ("unclassified", "unreadable")


@dataclass(frozen=True)
class Crawl:
    """What is to be crawled. `name` is the crawler's, or the path's where none is declared.

    `full` reads files again that did not change; a `dry_run` changes nothing.
    """

    name: str
    told: CrawlerSettings
    dry_run: bool = False
    full: bool = False


def crawl(
    asked: Crawl, catalog: Catalog, settings: Settings, progress: Progress, now: Clock
) -> CrawlReport:
    """Bring the tables of a folder of raw files up to date, and tell what was done.

    `now` gives the time in UTC, without a zone. Raises SourceError for a folder that can't be
    listed or may not be, ConfigError for a classifier that makes no sense, CatalogError where the
    catalog keeps no external tables, LockedError while the same crawler runs elsewhere.
    """
    classifiers = {name: settings.classifiers[name] for name in asked.told.classifiers}
    for name, classifier in classifiers.items():
        check_pattern(name, classifier)
    file = state_file(settings.home, asked.name)
    lock = home_lock(settings.home / "crawlers", file.stem, f"crawling for {asked.name} in")
    with nullcontext() if asked.dry_run else lock:  # who changes nothing makes no folder either
        return _Run(asked, catalog, settings, progress, now, classifiers, file).report()


@dataclass(frozen=True)
class _Run:
    asked: Crawl
    catalog: Catalog
    settings: Settings
    progress: Progress
    now: Clock
    classifiers: dict[str, ClassifierSettings]
    file: Path

    def report(self) -> CrawlReport:
        start, begun = time.perf_counter(), self.now()
        asked, told = self.asked, self.asked.told
        root, listing = self._listing()
        report = CrawlReport(uuid4().hex, asked.name, str(root), begun, asked.dry_run)
        report.files = len(listing.files)
        before = load_state(self.file)
        reading = Reading(root, told, self.classifiers, report, self.progress, before.files)
        # By other settings the tables are known, and the files are to be read anew.
        again = asked.full or before.fingerprint != self._fingerprint()
        files = reading.files(listing, {} if again else before.files)
        _tell_unread(listing, report)
        unread = {e.file: e.reason for e in report.events if e.file and e.action in _UNREAD}
        report.events = [e for e in report.events if before.unread.get(e.file or "") != e.reason]
        changes = self._changes(root, listing, files, report)
        tables = dict(before.tables)
        excluded = listing.excluded
        state = CrawlState(self._fingerprint(), begun, files, tables, unread, excluded)
        missing = not all(map(changes.exists, before.tables))
        same = files == before.files and excluded == before.excluded
        if again or missing or not same or report.events:
            self._enter(changes, root, before, state)
        report.tables = tuple(f"{told.database}.{name}" for name in sorted(state.tables))
        report.seconds = time.perf_counter() - start
        if not asked.dry_run:
            record(self.catalog, report)
            save_state(self.file, state)
        return report

    def _listing(self) -> tuple[Path, Listing]:
        told = self.asked.told
        places = Places.of(self.settings)
        try:
            root = places.folder(str(told.path))
            return root, listed(root, matcher(told.exclude), _allowed(places))
        except AthenaError as e:
            raise SourceError(f"{told.path} may not be crawled: {e.detail}", hint=e.hint) from e
        except OSError as e:
            message = f"{told.path} can't be listed: {e.strerror}"
            raise SourceError(message, hint="check the path, and who may read it") from e

    def _fingerprint(self) -> str:
        told = self.asked.told
        parts = [str(told.path), int(told.sample_bytes), told.sample_files, told.exclude]
        layout = [told.table_level, told.combine_compatible, told.database, told.table_prefix]
        own = [each.model_dump() for each in self.classifiers.values()]
        return sha256(json.dumps([*parts, *layout, own]).encode()).hexdigest()

    def _changes(
        self, root: Path, listing: Listing, files: dict[str, KnownFile], report: CrawlReport
    ) -> TableChanges:
        tables = external_tables(self.catalog)
        if tables is None:
            hint = "use a SQLite or Glue catalog; a REST catalog keeps Iceberg tables only"
            raise CatalogError("this catalog keeps no external tables", hint=hint)
        below = FilesBelow([*files, *(set(listing.files) - set(files)), *listing.excluded])
        told = self.asked.told
        definitions = Definitions(root, self.asked.name, told.database, below)
        return TableChanges(self.catalog, tables, definitions, told, report, self.now())

    def _enter(
        self, changes: TableChanges, root: Path, before: CrawlState, state: CrawlState
    ) -> None:
        told = self.asked.told
        similar = 0.0 if told.combine_compatible else SIMILAR
        schemas = {path: known.schema for path, known in state.files.items() if known.schema}
        found = tables_of(schemas, Grouping(similar, told.table_level))
        assignment = Assignment(told.table_prefix, root.name, changes.is_free)
        named = assignment.named(found, before.tables)
        for name, table in named.items():
            if changes.enter(name, table):
                state.tables[name] = known_table(table)
        for name in before.tables:
            if name not in named:
                changes.withdraw(name)
                if not changes.exists(name):
                    state.tables.pop(name, None)


def _allowed(places: Places) -> Callable[[Path], bool]:
    def allowed(path: Path) -> bool:
        try:
            places.folder(str(path))
        except AthenaError:
            return False
        return True

    return allowed


def _tell_unread(listing: Listing, report: CrawlReport) -> None:
    for folder, reason in listing.unlisted.items():
        report.tell("unreadable", f"the folder can't be listed: {reason}", file=f"{folder}/")
    for path, reason in listing.unread.items():
        report.tell("unclassified", reason, file=path)
