"""The rows of crawled tables in Iceberg tables: written by SQL, through Athena's dialect.

A row knows its file, in `source_file`. What was landed of which file, by its size and the time it
was written, is noted in the home after it was committed; a file that the notes don't know, or know
otherwise, is taken out of the table and put in again. So a landing that was killed is
repeated, and no row is there twice. Rows of files that are gone stay.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from pyiceberg.catalog import Catalog

from lakehouse.athena.errors import AthenaError
from lakehouse.athena.external.places import Places, files_of
from lakehouse.athena.session import AthenaSession, open_athena
from lakehouse.catalog.external_tables import ExternalTable, external_tables
from lakehouse.config import Settings
from lakehouse.crawler.naming import unique
from lakehouse.crawler.records import record
from lakehouse.crawler.report import CrawlReport
from lakehouse.crawler.run import Crawl
from lakehouse.errors import QueryError
from lakehouse.progress import Progress
from lakehouse.quoting import identifier, literal

# Of the paths in one statement, which Athena takes 256 KiB of.
_CHARACTERS = 100_000
# A file's size in bytes, and when it was written.
Files = dict[str, list[int]]


def land_tables(
    asked: Crawl, report: CrawlReport, catalog: Catalog, settings: Settings, progress: Progress
) -> None:
    """Land what is new in the tables of a crawl; the report is told what was.

    A table whose rows can't be landed is told as refused, and the others are.
    """
    database = asked.told.to_iceberg
    tables = external_tables(catalog)
    if not database or tables is None:
        return
    told = replace(report, events=[])
    waiting = []
    for name in report.tables:
        table = tables.find(*name.split(".", 1))
        if table is not None:
            there = _columns_of(catalog, (database, table.name))
            landing = _Landing(table, database, settings, there)
            if landing.new:
                waiting.append(landing)
        elif asked.dry_run:
            target = f"{database}.{name.split('.', 1)[1]}"
            told.tell("landed", "all of its files would be", table=target)
    if asked.dry_run:
        for each in waiting:
            told.tell("landed", f"{len(each.new):,} files would be", table=each.target)
    elif waiting:
        catalog.create_namespace_if_not_exists(database)
        with (
            open_athena(settings, write=True) as session,
            progress.task("landing", len(waiting)) as task,
        ):
            for each in waiting:
                each.land(session, told)
                task.advance(1)
        record(catalog, told)
    report.events += told.events


def _columns_of(catalog: Catalog, target: tuple[str, str]) -> set[str]:
    """The names of the columns that the Iceberg table has; none when there is no table."""
    if not catalog.namespace_exists(target[0]) or not catalog.table_exists(target):
        return set()
    return {field.name for field in catalog.load_table(target).schema().fields}


class _Landing:
    """One table's files, and which of them are not landed as they are now.

    `there` are the columns that the Iceberg table has, none when it is to be made.
    """

    def __init__(
        self, table: ExternalTable, database: str, settings: Settings, there: set[str]
    ) -> None:
        self.target = f"{database}.{table.name}"
        self._there = there
        self._table = table
        digest = sha256(f"{table.database}\n{self.target}".encode()).hexdigest()[:16]
        self._notes = _Notes(settings.home / "crawlers" / f"landed-{digest}.json")
        self._files = _files(table, Places.of(settings))
        noted = self._notes.read() if there else {}
        self.new = sorted(path for path, found in self._files.items() if noted.get(path) != found)

    def land(self, session: AthenaSession, told: CrawlReport) -> None:
        """Make the table, or put the new files' rows in it."""
        try:
            if self._there:
                count = self._insert(session)
            else:
                made = f"CREATE TABLE {self._name} WITH (table_type = 'ICEBERG') AS {self._select}"
                count = session.run(made)[0].changed
        except (AthenaError, QueryError) as e:
            told.tell("refused", e.message, table=self.target)
            return
        self._notes.write(self._files)
        rows = "" if count is None else f"{count:,} rows of "
        told.tell("landed", f"{rows}{len(self.new):,} files", table=self.target)

    def _insert(self, session: AthenaSession) -> int | None:
        fresh = [c for c in self._table.columns if c.name not in self._there]
        if fresh:
            added = ", ".join(f"`{column.name}` {column.type}" for column in fresh)
            database, table = self.target.split(".", 1)
            session.run(f"ALTER TABLE `{database}`.`{table}` ADD COLUMNS ({added})")
        columns = ", ".join(map(identifier, self._columns))
        total: int | None = 0
        for paths in _portions(self.new):
            told = ", ".join(map(literal, paths))
            session.run(f"DELETE FROM {self._name} WHERE {identifier(self._source)} IN ({told})")
            insert = f'{self._select} WHERE "$path" IN ({told})'
            count = session.run(f"INSERT INTO {self._name} ({columns}) {insert}")[0].changed
            total = None if total is None or count is None else total + count
        return total

    @property
    def _name(self) -> str:
        return identifier(*self.target.split(".", 1))

    @property
    def _columns(self) -> list[str]:
        table = self._table
        return unique([*(c.name for c in (*table.columns, *table.partition_keys)), "source_file"])

    @property
    def _source(self) -> str:
        return self._columns[-1]

    @property
    def _select(self) -> str:
        columns = ", ".join(map(identifier, self._columns[:-1]))
        of = identifier(self._table.database, self._table.name)
        return f'SELECT {columns}, "$path" AS {identifier(self._source)} FROM {of}'


@dataclass(frozen=True)
class _Notes:
    """What was landed of a table."""

    file: Path

    def read(self) -> Files:
        try:
            found: Files = json.loads(self.file.read_bytes())
        except (FileNotFoundError, ValueError):
            return {}
        return found

    def write(self, files: Files) -> None:
        fresh = self.file.with_suffix(f".{uuid4().hex}")
        fresh.write_text(json.dumps(files), encoding="ascii")
        fresh.replace(self.file)


def _files(table: ExternalTable, places: Places) -> Files:
    found: Files = {}
    places_of = [each.location for each in table.partitions]
    for location in places_of if table.partition_keys else [table.location]:
        for file in files_of(table, location, places):
            state = file.stat()
            found[str(file)] = [state.st_size, state.st_mtime_ns]
    return found


def _portions(paths: Sequence[str]) -> Iterator[list[str]]:
    """The paths in lists that a statement takes."""
    portion: list[str] = []
    size = 0
    for path in paths:
        if portion and size + len(path) > _CHARACTERS:
            yield portion
            portion, size = [], 0
        portion.append(path)
        size += len(path)
    if portion:
        yield portion
