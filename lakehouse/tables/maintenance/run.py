"""A run of maintenance over the tables of a catalog."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.typedef import Identifier

from lakehouse.catalog.statistics import table_names
from lakehouse.errors import CatalogError, LakehouseError
from lakehouse.progress import SILENT, Progress
from lakehouse.tables.maintenance.compaction import compact
from lakehouse.tables.maintenance.expiry import expire
from lakehouse.tables.maintenance.manifests import pack_manifests
from lakehouse.tables.maintenance.records import record
from lakehouse.tables.maintenance.site import Action, Order, Site
from lakehouse.tables.maintenance.territory import Territory

_STEPS = (compact, pack_manifests, expire)


@dataclass(frozen=True)
class Maintained:
    """What became of a table; `error` is what kept it from being maintained to its end."""

    table: str
    actions: tuple[Action, ...]
    error: LakehouseError | None = None


def maintain(
    catalog: Catalog,
    order: Order,
    clock: Callable[[], datetime],
    tables: Sequence[Identifier] = (),
    progress: Progress = SILENT,
) -> Iterator[Maintained]:
    """Put the tables in order, or every table of the catalog; each is told when it is done.

    Safe beside whoever else reads and writes them. What was done is in `ops.maintenance` when it
    is told. A table that was dropped meanwhile has nothing to tell; one that can't be maintained
    does not keep the others from it. Raises CatalogError for a table of `tables` that is not there.
    """
    names = list(tables) or sorted(table_names(catalog))
    for name in tables:
        if not catalog.table_exists(name):
            raise CatalogError(
                f"no table {'.'.join(name)!r}", hint="`lakehouse catalog tables` lists them"
            )
    run_id = uuid4().hex
    with progress.task("Maintaining tables", len(names)) as task:
        for name in names:
            done = _maintain(catalog, name, order, clock)
            if not order.dry_run:
                record(catalog, run_id, done.actions)
            task.advance(1)
            yield done


def _maintain(
    catalog: Catalog, name: Identifier, order: Order, clock: Callable[[], datetime]
) -> Maintained:
    done: list[Action] = []
    error: LakehouseError | None = None
    try:
        table = catalog.load_table(name)
        site = Site(table, Territory(catalog, table), order, clock)
        for step in _STEPS:
            done += step(site)
    except NoSuchTableError:
        pass  # dropped: there is nothing left to maintain
    except LakehouseError as e:
        error = e
    except CommitFailedException as e:
        error = CatalogError(
            f"{'.'.join(name)} is changed by others all the time: {e}",
            hint="nothing of it was lost; run again later",
        )
    except FileNotFoundError as e:
        if catalog.table_exists(name):
            error = CatalogError(
                f"a file of {'.'.join(name)} is missing: {e}",
                hint="roll the table back to a snapshot that has all its files",
            )
    return Maintained(".".join(name), tuple(done), error)
