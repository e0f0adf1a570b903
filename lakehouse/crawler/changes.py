"""What becomes of the catalog's tables, by the crawler's policies; each change is told with why.

Rules: Glue's schema change policy. New tables and partitions are entered whatever it says.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError, TableAlreadyExistsError

from lakehouse.athena.errors import AthenaError
from lakehouse.athena.external.partitions import name_of
from lakehouse.catalog.external_tables import (
    ExternalPartition,
    ExternalTable,
    ExternalTables,
)
from lakehouse.crawler.definitions import CRAWLER, DEPRECATED, Definitions
from lakehouse.crawler.layout import FoundTable
from lakehouse.crawler.report import Action, CrawlReport
from lakehouse.crawler_settings import CrawlerSettings
from lakehouse.object_keys.patterns import EXCLUSIONS

_SHOWN = 5  # of a list of names
Change = Callable[[ExternalTable], ExternalTable]


@dataclass(frozen=True)
class TableChanges:
    """Brings tables up to date; nothing is written when the report is of a dry run."""

    catalog: Catalog
    tables: ExternalTables
    definitions: Definitions
    told: CrawlerSettings
    report: CrawlReport
    now: datetime

    def is_free(self, name: str, table: FoundTable) -> bool:
        """Whether a table of that name would be new, or is one of this crawler or location."""
        database = self.told.database
        there = self.tables.find(database, name)
        if there is not None:
            location = self.definitions.location(table.place)
            crawler = there.parameters.get(CRAWLER)
            return crawler == self.definitions.crawler or there.location.rstrip("/") == location
        if not self.catalog.namespace_exists(database):
            return True
        return not self.catalog.table_exists((database, name))

    def enter(self, name: str, found: FoundTable) -> bool:
        """Create or update a table; whether it is there now."""
        try:
            made = self.definitions.of(name, found)
        except AthenaError as e:
            self._tell("refused", e.message, name)
            return False
        there = self.tables.find(self.told.database, name)
        if there is None:
            return self._create(made, found)
        self._update(there, made)
        return True

    def withdraw(self, name: str) -> None:
        """Deal with a table that has no file any more."""
        there = self.tables.find(self.told.database, name)
        if there is None or DEPRECATED in there.parameters:
            return
        why = f"no file of it is left below {there.location}"
        if self.told.delete_behavior == "log":
            self._tell("logged", why, name)
        elif self.told.delete_behavior == "delete":
            self._tell("deleted", why, name)
            if not self.report.dry_run:
                self._drop(name)
        else:
            self._tell("deprecated", why, name)
            self._change(name, lambda table: _with(table, {DEPRECATED: self._stamp}))

    def exists(self, name: str) -> bool:
        """Whether the table is in the catalog."""
        return self.tables.find(self.told.database, name) is not None

    @property
    def _stamp(self) -> str:
        return str(int(self.now.replace(tzinfo=UTC).timestamp() * 1000))

    def _create(self, made: ExternalTable, found: FoundTable) -> bool:
        kind = made.parameters["classification"]
        partitions = f", {len(made.partitions):,} partitions" if made.partition_keys else ""
        what = f"{kind}, {len(made.columns):,} columns{partitions}, {len(found.files):,} files"
        if not self.report.dry_run:
            self.catalog.create_namespace_if_not_exists(made.database)
            try:
                self.tables.create(made)
            except TableAlreadyExistsError:
                hint = "another table or view has that name; choose a table_prefix or database"
                self._tell("refused", hint, made.name)
                return False
        self._tell("created", what, made.name)
        return True

    def _update(self, there: ExternalTable, made: ExternalTable) -> None:
        differences = _differences(there, made)
        log = self.told.update_behavior == "log"
        if differences and log:
            self._tell("logged", "; ".join(differences), made.name)
        elif differences:
            self._tell("updated", "; ".join(differences), made.name)
        wanted = self._merged(there, made, log=log)
        added = _more(wanted.partitions, there.partitions)
        gone = _more(there.partitions, made.partitions)
        if added and there.partition_keys == wanted.partition_keys:
            self._tell("partitions", f"added {_listed(wanted, added)}", made.name)
        if gone and self.told.delete_behavior == "delete":
            self._tell("partitions", f"removed {_listed(there, gone)}", made.name)
        elif gone and DEPRECATED not in there.parameters:
            self._tell("noted", f"without files: {_listed(there, gone)}", made.name)
        if wanted != there:
            self._change(made.name, lambda table: self._merged(table, made, log=log))

    def _merged(self, there: ExternalTable, made: ExternalTable, *, log: bool) -> ExternalTable:
        """What the table is to be; comments and what others have set stay."""
        if log and there.partition_keys != made.partition_keys:
            return there
        kept = there if log else _commented(made, there)
        partitions = {each.values: each for each in made.partitions}
        same = there.partition_keys == kept.partition_keys
        if same and self.told.delete_behavior != "delete":
            partitions = {each.values: each for each in there.partitions} | partitions
        changing = (EXCLUSIONS, DEPRECATED)
        parameters = {k: value for k, value in there.parameters.items() if k not in changing}
        if EXCLUSIONS in made.parameters:
            parameters[EXCLUSIONS] = made.parameters[EXCLUSIONS]
        if not log:
            parameters.pop("skip.header.line.count", None)
            parameters |= made.parameters
        ordered = tuple(sorted(partitions.values(), key=lambda each: each.values))
        return replace(kept, parameters=parameters, partitions=ordered)

    def _change(self, name: str, change: Change) -> None:
        if not self.report.dry_run:
            self.tables.change(self.told.database, name, change)

    def _drop(self, name: str) -> None:
        try:
            self.tables.drop(self.told.database, name)
        except NoSuchTableError:  # by somebody else meanwhile
            return

    def _tell(self, action: Action, reason: str, name: str) -> None:
        self.report.tell(action, reason, table=f"{self.told.database}.{name}")


def _with(table: ExternalTable, parameters: dict[str, str]) -> ExternalTable:
    return replace(table, parameters={**table.parameters, **parameters})


def _commented(made: ExternalTable, there: ExternalTable) -> ExternalTable:
    comments = {column.name: column.comment for column in there.columns}
    columns = tuple(replace(c, comment=comments.get(c.name, "")) for c in made.columns)
    return replace(made, columns=columns, comment=there.comment)


def _differences(there: ExternalTable, made: ExternalTable) -> list[str]:
    """What an update changes of how files are read, in words."""
    found = []
    if there.location.rstrip("/") != made.location:
        found.append(f"location {there.location} -> {made.location}")
    if there.serde != made.serde:
        names = [serde.rpartition(".")[2] for serde in (there.serde, made.serde)]
        found.append(f"SerDe {names[0]} -> {names[1]}")
    elif dict(there.serde_parameters) != dict(made.serde_parameters):
        found.append("SerDe properties")
    old = {column.name: column.type for column in there.columns}
    new = {column.name: column.type for column in made.columns}
    found += [f"column {name} {new[name]} added" for name in new if name not in old]
    found += [f"column {name} removed" for name in old if name not in new]
    both = [name for name in new if name in old and old[name] != new[name]]
    found += [f"column {name} {old[name]} -> {new[name]}" for name in both]
    if set(old) == set(new) and list(old) != list(new):
        found.append("order of columns")
    if there.partition_keys != made.partition_keys:
        names = [", ".join(k.name for k in t.partition_keys) or "none" for t in (there, made)]
        found.append(f"partition keys {names[0]} -> {names[1]}")
    if DEPRECATED in there.parameters:
        found.append("its files are there again")
    header = "skip.header.line.count"
    if there.parameters.get(header) != made.parameters.get(header):
        found.append(f"{header} {there.parameters.get(header)} -> {made.parameters.get(header)}")
    return found


def _more(
    some: Iterable[ExternalPartition], others: Iterable[ExternalPartition]
) -> list[ExternalPartition]:
    known = {each.values for each in others}
    return [each for each in some if each.values not in known]


def _listed(table: ExternalTable, partitions: list[ExternalPartition]) -> str:
    names = [name_of(table, each) for each in partitions[:_SHOWN]]
    more = len(partitions) - len(names)
    return ", ".join(names) + (f" and {more:,} more" if more else "")
