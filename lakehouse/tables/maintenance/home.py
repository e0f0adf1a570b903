"""Maintenance of the tables of a home, beside the builds that run in it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from pyiceberg.catalog import Catalog
from pyiceberg.typedef import Identifier

from lakehouse.catalog.drafts import drafts_of
from lakehouse.config import Settings
from lakehouse.locks import home_lock, is_locked
from lakehouse.tables import landing, ops
from lakehouse.tables.maintenance.ordering import PREFIX
from lakehouse.tables.maintenance.run import Maintenance
from lakehouse.tables.maintenance.site import Order

# What a build of the marts reads, and never writes.
_OUTSIDE = {landing.NAMESPACE, ops.NAMESPACE}


@contextmanager
def maintenance(
    settings: Settings, catalog: Catalog, order: Order, clock: Callable[[], datetime]
) -> Iterator[Maintenance]:
    """The maintenance of the tables of the home, which is at work until the block ends.

    A table that a build has drafted, or may be about to, is left alone: the build would find it
    changed, and publish nothing. Raises LockedError when another maintenance is at work.
    """

    def busy(name: Identifier) -> str:
        if drafts_of(catalog, name):
            return "a build has drafted it"
        building = name[0] not in _OUTSIDE and is_locked(settings.home, "draft")
        return "a build is under way" if building else ""

    with home_lock(settings.home, "maintenance", "maintaining the tables of"):
        notes = settings.home / "maintenance"
        for left in notes.glob(f"{PREFIX}*"):  # of a killed run
            shutil.rmtree(left, ignore_errors=True)
        yield Maintenance(catalog, order, notes, clock, busy)
