"""Keeping the published state fresh: a thread that looks, loads aside, and swaps whole."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

from lakehouse.catalog import open_catalog
from lakehouse.catalog.opening import FILE_NAME
from lakehouse.catalog.sql import LakeSqlCatalog
from lakehouse.catalog.steady import SteadyCatalog
from lakehouse.config import Settings
from lakehouse.errors import CatalogError, LakehouseError
from lakehouse.query.published import Marts, open_marts
from lakehouse.query.published_moment import Moment, UnpublishedError, pointers

POLL_SECONDS = 2.0
# A catalog behind a network takes its time for every look, and may charge for it.
REMOTE_POLL_SECONDS = 15.0
# Each is a copy of the marts in memory.
EARLIER_STATES = 2


class Condition(Enum):
    """What the last look at the catalog found."""

    STARTING = "nobody has looked yet"
    READY = "the marts held are the newest there are"
    NO_LAKE = "no catalog: nothing has been built"
    NO_MARTS = "a catalog, but no whole state of the marts"
    FAILED = "the catalog or a mart could not be read"


@dataclass(frozen=True)
class Published:
    """The state to show (None: there is none yet), and what the last look found.

    Whatever goes wrong, `marts` stay the last whole state that was loaded.
    """

    marts: Marts | None = None
    condition: Condition = Condition.STARTING
    missing: tuple[str, ...] = ()
    error: LakehouseError | None = None

    @property
    def looked(self) -> bool:
        """Whether the catalog has been looked at."""
        return self.condition is not Condition.STARTING


class Watch:
    """Holds the published state of one lake. Reading `published` never waits for a load."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.published = Published()
        self._changed = threading.Condition()
        self._looking = threading.Lock()
        self._pointers: dict[str, str] = {}
        self._earlier: OrderedDict[int, Marts] = OrderedDict()
        self._opening = threading.Lock()

    def look(self) -> Published:
        """Look at the catalog now, load the marts if their snapshots have moved, and swap."""
        with self._looking:
            seen = self._seen(self.published)
            with self._changed:
                self.published = seen
                self._changed.notify_all()
            return seen

    def earlier(self, publication: int) -> Marts:
        """The state after an earlier publication. The last few that were asked for are held.

        Raises CatalogError when there is none, or it can't be read any more.
        """
        with self._opening:
            if publication not in self._earlier:
                self._earlier[publication] = open_marts(self.settings, publication)
            self._earlier.move_to_end(publication)
            while len(self._earlier) > EARLIER_STATES:
                self._earlier.popitem(last=False)
            return self._earlier[publication]

    def wait_for(self, wanted: Callable[[Published], bool], timeout: float) -> Published:
        """The published state, as soon as it is `wanted`, or what it is after `timeout` s."""
        with self._changed:
            self._changed.wait_for(lambda: wanted(self.published), timeout)
            return self.published

    def close(self) -> None:
        """Close the states that are held; pages that still show one can't ask it any more."""
        held = [self.published.marts, *self._earlier.values()]
        for marts in held:
            if marts is not None:
                marts.close()

    @contextmanager
    def running(self, poll: float | None = None) -> Iterator["Watch"]:
        """Look every `poll` seconds, in a thread of its own, until the block ends."""
        stopping = threading.Event()
        if poll is None:
            poll = REMOTE_POLL_SECONDS if self.settings.catalog else POLL_SECONDS

        def keep_looking() -> None:
            self.look()
            while not stopping.wait(poll):
                self.look()

        thread = threading.Thread(target=keep_looking, name="published", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            stopping.set()
            thread.join()

    def _seen(self, before: Published) -> Published:
        held = before.marts
        if not self._lake_exists():
            return Published(held, Condition.NO_LAKE)
        try:
            if held is None or self._moved(held):
                held = open_marts(self.settings)
            return Published(held, Condition.READY)
        except UnpublishedError as e:
            return Published(held, Condition.NO_MARTS, missing=e.tables)
        except LakehouseError as e:
            return Published(held, Condition.FAILED, error=e)
        except Exception as e:  # noqa: BLE001 - a thread that died would leave the page stale
            reason = str(e).splitlines()[0] if str(e) else type(e).__name__
            hint = "run `lakehouse build` again"
            error = CatalogError(f"the marts can't be read: {reason}", hint=hint)
            return Published(held, Condition.FAILED, error=error)

    def _moved(self, held: Marts) -> bool:
        """Whether the newest whole state is another than the one that is held."""
        with open_catalog(self.settings, create=False) as catalog:
            # Else a build could be published between two looks.
            there = SteadyCatalog(catalog) if isinstance(catalog, LakeSqlCatalog) else catalog
            now = pointers(there)
            if now and now == self._pointers:
                return False
            newest, shown = Moment.of(there), held.moment
            if newest.until is not None and newest.snapshots == shown.snapshots:
                return False  # a build is under way, and the state before it is the one held
            if newest.version != shown.version:
                return True
            self._pointers = now
            return False

    def _lake_exists(self) -> bool:
        # Opening a catalog makes one, and a viewer should not.
        return bool(self.settings.catalog) or (self.settings.home / FILE_NAME).exists()
