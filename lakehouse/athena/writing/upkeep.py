"""OPTIMIZE and VACUUM: the project's own maintenance, of one table.

Rules: Athena's documentation, "Optimize Iceberg tables". Its defaults hold for VACUUM where the
table has no properties of its own: five days, and one snapshot.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError
from pyiceberg.table import Table

from lakehouse.athena.errors import AthenaError
from lakehouse.athena.schema import TableColumns
from lakehouse.athena.statements import values as v
from lakehouse.athena.writing.partition_filter import Ask, Hold, matching, place_of
from lakehouse.config import Settings
from lakehouse.tables.maintenance.compaction import compact
from lakehouse.tables.maintenance.expiry import expire
from lakehouse.tables.maintenance.home import maintenance
from lakehouse.tables.maintenance.orphans import remove_orphans
from lakehouse.tables.maintenance.run import Step
from lakehouse.tables.maintenance.site import Order

_VACUUM_AGE = timedelta(seconds=432_000)
_VACUUM_KEPT = 1


@dataclass(frozen=True)
class Upkeep:
    """Runs the two statements on tables of a catalog."""

    settings: Settings
    catalog: Catalog
    hold: Hold
    ask: Ask

    def optimize(self, name: tuple[str, str], columns: TableColumns, statement: v.Optimize) -> None:
        """OPTIMIZE table REWRITE DATA USING BIN_PACK [WHERE condition on partition columns]."""
        table = self._table(name)
        order = Order(self.settings.maintenance, full=True)
        if statement.where is not None:
            chosen = matching(table, columns, statement, self.hold, self.ask)
            order = replace(order, only=lambda live: place_of(table, live.file) in chosen)
        self._run(name, order, (compact,))

    def vacuum(self, name: tuple[str, str]) -> None:
        """VACUUM table: what is past its time goes, and files that nothing refers to."""
        self._table(name)
        kept = {"snapshot_retention": _VACUUM_AGE, "keep_snapshots": _VACUUM_KEPT}
        order = Order(self.settings.maintenance.model_copy(update=kept))
        self._run(name, order, (expire, remove_orphans))

    def _table(self, name: tuple[str, str]) -> Table:
        try:
            return self.catalog.load_table(name)
        except (NoSuchTableError, NoSuchNamespaceError) as e:
            message = f"Table '{'.'.join(name)}' does not exist"
            raise AthenaError("TABLE_NOT_FOUND", message) from e

    def _run(self, name: tuple[str, str], order: Order, steps: Sequence[Step]) -> None:
        with maintenance(self.settings, self.catalog, order, _now) as work:
            for done in replace(work, steps=steps).run([name]):
                if done.error:
                    raise done.error
                if done.left:
                    message = f"Table '{'.'.join(name)}' is left alone: {done.left}"
                    hint = "nothing was changed: run it again later"
                    raise AthenaError("ICEBERG_COMMIT_ERROR", message, hint=hint)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
