"""Keeping the published state fresh: a thread that looks, loads aside, and swaps whole."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

from lakehouse.catalog import open_catalog
from lakehouse.catalog.opening import FILE_NAME
from lakehouse.config import Settings
from lakehouse.errors import CatalogError, LakehouseError
from lakehouse.query.published import (
    Marts,
    UnpublishedError,
    load_marts,
    published_snapshots,
    version_of,
)

POLL_SECONDS = 2.0
# A catalog behind a network takes its time for every look, and may charge for it.
REMOTE_POLL_SECONDS = 15.0


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

    def look(self) -> Published:
        """Look at the catalog now, load the marts if their snapshots have moved, and swap."""
        with self._looking:
            seen = self._seen(self.published)
            with self._changed:
                self.published = seen
                self._changed.notify_all()
            return seen

    def wait_for(self, wanted: Callable[[Published], bool], timeout: float) -> Published:
        """The published state, as soon as it is `wanted`, or what it is after `timeout` s."""
        with self._changed:
            self._changed.wait_for(lambda: wanted(self.published), timeout)
            return self.published

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
            with open_catalog(self.settings) as catalog:
                snapshots = published_snapshots(catalog)
            if held is None or version_of(snapshots) != held.version:
                held = load_marts(self.settings, snapshots)
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

    def _lake_exists(self) -> bool:
        # Opening a catalog makes one, and a viewer should not.
        return bool(self.settings.catalog) or (self.settings.home / FILE_NAME).exists()
