"""The last step of a build: the tables it wrote to are put in order where that pays."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lakehouse.catalog import open_catalog
from lakehouse.config import Settings
from lakehouse.errors import LakehouseError
from lakehouse.progress import Progress
from lakehouse.query.access.audit_history import carry_over_audit
from lakehouse.query.executions.history import carry_over_waiting
from lakehouse.tables.maintenance.home import maintenance
from lakehouse.tables.maintenance.run import Maintained
from lakehouse.tables.maintenance.site import Action, Order


@dataclass(frozen=True)
class MaintenanceReport:
    """What became of each table, or the `error` that kept maintenance from starting."""

    tables: tuple[Maintained, ...] = ()
    error: LakehouseError | None = None

    @property
    def actions(self) -> tuple[Action, ...]:
        """What was done."""
        return tuple(action for each in self.tables for action in each.actions)

    @property
    def errors(self) -> tuple[LakehouseError, ...]:
        """What went wrong. The build stands all the same, and the next one tries again."""
        own = (self.error,) if self.error else ()
        return own + tuple(each.error for each in self.tables if each.error)


def keep_in_order(
    settings: Settings, clock: Callable[[], datetime], progress: Progress
) -> MaintenanceReport:
    """Maintain every table; a failure is in the report, for the build stands."""
    order = Order(settings.maintenance)
    try:
        with (
            open_catalog(settings) as catalog,
            maintenance(settings, catalog, order, clock) as work,
        ):
            carry_over_waiting(settings, catalog)
            carry_over_audit(settings, catalog)
            return MaintenanceReport(tuple(work.run(progress=progress)))
    except LakehouseError as e:
        return MaintenanceReport(error=e)
