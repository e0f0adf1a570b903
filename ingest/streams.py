"""Delivery streams as they are declared: landing what is there, and following what comes."""

import time
from collections.abc import Callable
from threading import Event

from pyiceberg.catalog import Catalog

from ingest.buffering import BufferingHints
from ingest.delivery import DeliveryStream
from ingest.following import Follower, Watcher
from ingest.landing import Landing, LandingReport
from ingest.ledger import enter_deliveries
from ingest.refusals import translated
from ingest.sources import read_sources
from lakehouse.config import Settings
from lakehouse.errors import ConfigError
from lakehouse.locks import home_lock
from lakehouse.progress import SILENT, Progress
from lakehouse.stream_settings import StreamSettings

# A poll parses what came since the last one: blocks of the size of a large one.
_LIVE_BLOCK_BYTES = 4 << 20
_POLL_SECONDS = 0.2


def stream_settings(name: str, settings: Settings) -> StreamSettings:
    """The stream of that name. Raises ConfigError when none is declared."""
    if name not in settings.streams:
        hint = f"there are: {', '.join(settings.streams)}"
        raise ConfigError(f"no stream {name!r}", hint=hint)
    return settings.streams[name]


def land_stream(
    name: str, catalog: Catalog, settings: Settings, progress: Progress = SILENT
) -> LandingReport:
    """Land what is new in a stream's sources, as `land_orders` does, and enter the deliveries."""
    stream = stream_settings(name, settings)
    started = time.monotonic()
    with translated(settings.home), home_lock(settings.home, "ingest", "ingesting into"):
        landing = Landing(
            DeliveryStream(name, catalog), BufferingHints(delivery=stream.buffer_size)
        )
        enter_deliveries(name, catalog)
        landing.land_files(read_sources(stream.source), progress)
        enter_deliveries(name, catalog)
    return landing.report(time.monotonic() - started)


def follow_stream(  # noqa: PLR0913 - what, where to, who watches, and the two things that end it
    name: str,
    catalog: Catalog,
    settings: Settings,
    watcher: Watcher,
    *,
    stop: Event,
    clock: Callable[[], float] = time.monotonic,
) -> LandingReport:
    """Land what comes in a stream's sources until `stop` is set; then deliver the buffer.

    Delivers by the stream's buffering hints. A log that can't be read is told to the `watcher`
    and tried again when it has changed; the others go on. A last line without end is left until
    it has one. Raises LockedError, CatalogError and MachineError as `land_orders` does.
    """
    stream = stream_settings(name, settings)
    hints = BufferingHints(_LIVE_BLOCK_BYTES, stream.buffer_size, stream.buffer_interval)
    started = clock()
    with translated(settings.home), home_lock(settings.home, "ingest", "ingesting into"):
        delivery = DeliveryStream(name, catalog)
        delivery.recover()
        enter_deliveries(name, catalog)
        follower = Follower(Landing(delivery, hints, clock), stream.source, watcher)
        while not stop.is_set():
            if follower.poll(stop):
                enter_deliveries(name, catalog)
            stop.wait(max(0.0, min(_POLL_SECONDS, follower.seconds_left)))
        report = follower.finish(clock() - started)
        enter_deliveries(name, catalog)
        return report
