"""A run of maintenance over the tables of a catalog."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.table import Table
from pyiceberg.typedef import Identifier

from lakehouse.catalog.damage import files_of
from lakehouse.catalog.statistics import table_names
from lakehouse.errors import CatalogError, LakehouseError
from lakehouse.progress import SILENT, Progress
from lakehouse.tables.maintenance.compaction import compact
from lakehouse.tables.maintenance.expiry import expire
from lakehouse.tables.maintenance.journal import Journal
from lakehouse.tables.maintenance.manifests import pack_manifests
from lakehouse.tables.maintenance.ordering import is_ordered_by, parse_order, set_order
from lakehouse.tables.maintenance.orphans import remove_orphans
from lakehouse.tables.maintenance.records import record
from lakehouse.tables.maintenance.site import Action, Order, Site
from lakehouse.tables.maintenance.territory import Territory

Step: TypeAlias = Callable[[Site], Iterator[Action]]
_STEPS: tuple[Step, ...] = (compact, pack_manifests, expire, remove_orphans)


@dataclass(frozen=True)
class Maintained:
    """What became of a table.

    `error` is what kept it from being maintained to its end, `left` why it was left alone.
    """

    table: str
    actions: tuple[Action, ...]
    error: LakehouseError | None = None
    left: str = ""


@dataclass(frozen=True)
class Maintenance:
    """Puts the tables of a catalog in order; safe beside whoever else reads and writes them.

    What a run leaves for the next one is kept in the folder `notes`, which no other run may use
    meanwhile. `clock` gives the time in UTC, without a zone; `busy` says why a table is to be
    left alone just now, if it is.
    """

    catalog: Catalog
    order: Order
    notes: Path
    clock: Callable[[], datetime]
    busy: Callable[[Identifier], str] = lambda _: ""
    steps: Sequence[Step] = _STEPS

    def run(
        self, tables: Sequence[Identifier] = (), progress: Progress = SILENT
    ) -> Iterator[Maintained]:
        """Maintain the tables, or every table of the catalog; each is told when it is done.

        By then, what was done is in `ops.maintenance`. A table that is dropped meanwhile has
        nothing to tell; one that can't be maintained does not keep the others from it. Raises
        CatalogError for a table of `tables` that is not there.
        """
        for name in tables:
            if not self.catalog.table_exists(name):
                hint = "`lakehouse catalog tables` lists them"
                raise CatalogError(f"no table {'.'.join(name)!r}", hint=hint)
        names = list(tables) or sorted(table_names(self.catalog))
        run_id = uuid4().hex
        with progress.task("Maintaining tables", len(names)) as task:
            for name in names:
                done = self._maintain(name)
                if not self.order.dry_run:
                    record(self.catalog, run_id, done.actions)
                task.advance(1)
                yield done

    def _maintain(self, name: Identifier) -> Maintained:
        if left := self.busy(name):
            return Maintained(".".join(name), (), left=left)
        done: list[Action] = []
        error: LakehouseError | None = None
        try:
            with files_of(".".join(name)):
                for step, site in self._steps(name):
                    done += step(site)
        except NoSuchTableError:
            pass  # dropped: there is nothing left to maintain
        except LakehouseError as e:
            # Its files go with a table that is dropped meanwhile.
            error = e if self.catalog.table_exists(name) else None
        except CommitFailedException as e:
            message = f"{'.'.join(name)} is changed by others all the time: {e}"
            error = CatalogError(message, hint="nothing of it was lost; run again later")
        return Maintained(".".join(name), tuple(done), error)

    def _steps(self, name: Identifier) -> Iterator[tuple[Step, Site]]:
        table = self.catalog.load_table(name)
        journal = Journal(self.notes / f"{table.metadata.table_uuid}.jsonl")
        territory = Territory(self.catalog, table)
        busy = partial(self.busy, name)
        reordered = self._reorder(table) if self.order.sort_by else ""
        site = Site(table, territory, self.order, journal, self.clock, busy, reordered)
        for step in self.steps:
            yield step, site

    def _reorder(self, table: Table) -> str:
        """Give the table the sort order that is asked for; that a dry run leaves it to do."""
        fields = parse_order(self.order.sort_by, table.schema())
        if is_ordered_by(table, fields):
            return ""
        if self.order.dry_run:
            return self.order.sort_by.strip().lower()
        set_order(table, fields)
        return ""
