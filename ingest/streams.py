"""Delivery streams as they are declared: landing what is there, and following what comes."""

import math
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, suppress
from pathlib import Path
from threading import Event

from pyiceberg.catalog import Catalog

from ingest.buffering import AT_ONCE, IN_BULK, BufferingHints
from ingest.following import Follower, Watcher
from ingest.landing import NOTHING, Landing, LandingReport
from ingest.opening import checkpoint_table, open_stream, stream_settings
from ingest.reading_state import mark_all_read
from ingest.refusals import translated
from ingest.sources import read_sources
from ingest.standard_input import land_input
from ingest.transforms.contract import StoppedError
from lakehouse.config import Settings
from lakehouse.errors import PausedError, SourceError
from lakehouse.locks import home_lock
from lakehouse.progress import SILENT, Progress
from lakehouse.stream_settings import BUILT_IN, ORDERS, STDIN, StreamSettings
from lakehouse.tables.checkpoints import refuse_paused

# A poll parses what came since the last one: blocks of the size of a large one.
_LIVE_BLOCK_BYTES = 4 << 20
_POLL_SECONDS = 0.1
_PAUSED_SECONDS = 1.0
_INPUT = 0  # the descriptor of the standard input
# What was read of it can't be read again, so a transform that is at it may answer until then.
_LAST_WORDS_SECONDS = 5.0


def stream_lock(name: str, settings: Settings) -> AbstractContextManager[None]:
    """Keeps every other ingester from the stream. Raises LockedError when one is at work."""
    return home_lock(settings.home, f"ingest-{name}", f"ingesting stream {name!r} into")


def due_streams(settings: Settings) -> list[str]:
    """The streams that a run over all of them lands: all but those left out, unless that is all."""
    left_out = left_out_streams(settings)
    return [name for name in settings.streams if name not in left_out] or [ORDERS]


def left_out_streams(settings: Settings) -> list[str]:
    """The built-in streams that read generated logs, where nobody has generated any.

    One whose source is declared is not among them: a path that is not there is an error then.
    """
    folders = {name: settings.home / "logs" / folder for name, (_, _, folder) in BUILT_IN.items()}
    return [
        name
        for name, folder in folders.items()
        if settings.streams[name].source == (folder,) and not folder.exists()
    ]


def land_orders(
    source: Path, catalog: Catalog, settings: Settings, progress: Progress = SILENT
) -> LandingReport:
    """Land what is new in the order logs of `source`: see `land_logs`."""
    return land_logs(ORDERS, source, catalog, settings, progress)


def land_logs(
    name: str, source: Path, catalog: Catalog, settings: Settings, progress: Progress = SILENT
) -> LandingReport:
    """Land what is new in the logs of `source`, a file or a folder of files, as a stream's.

    Rows go to the stream's table, lines that can't be held to `landing.rejects`. A run that was
    interrupted, at whatever moment, is finished by the next one.

    Raises SourceError for a log that can't be read, LockedError when another process is
    ingesting, MachineError when the machine refuses, CatalogError when the bookmark is lost.
    """
    started = time.monotonic()
    with (
        translated(settings.home),
        stream_lock(name, settings),
        closing(open_stream(name, settings, catalog)) as opened,
    ):
        # What is not written bit by bit is held in memory until it is delivered.
        landing = Landing(opened, IN_BULK if opened.destination.gradual else AT_ONCE)
        landing.land_files(read_sources([source.absolute()], landing.format.suffixes), progress)
    return landing.report(time.monotonic() - started)


def land_stream(
    name: str, catalog: Catalog, settings: Settings, progress: Progress = SILENT
) -> LandingReport:
    """Land what is new in a stream's sources, as `land_logs` does, and enter the deliveries.

    Raises ConfigError when there is no such stream.
    """
    stream = stream_settings(name, settings)
    started = time.monotonic()
    with translated(settings.home), stream_lock(name, settings):
        hints = BufferingHints(delivery=stream.buffer_size)
        with closing(open_stream(name, settings, catalog)) as opened:
            landing = Landing(opened, hints)
            landing.land_files(read_sources(stream.source, landing.format.suffixes), progress)
        mark_all_read(name, settings.home)
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

    Delivers by the stream's buffering hints; waits while the stream is paused, and then reads
    again what it had not delivered. A log that can't be read is told to the `watcher`
    and tried again when it has changed; the others go on. A last line without end is left until
    it has one. The end of the standard input is the end of its stream. Raises LockedError,
    CatalogError and MachineError as `land_logs` does.
    """
    stream = stream_settings(name, settings)
    hints = BufferingHints(_LIVE_BLOCK_BYTES, stream.buffer_size, stream.buffer_interval)
    started = clock()
    if STDIN in stream.source:
        return _pipe(name, catalog, settings, hints, stop)
    report = NOTHING
    with translated(settings.home):
        while not stop.is_set():
            with (
                suppress(StoppedError),
                stream_lock(name, settings),
                closing(open_stream(name, settings, catalog, stopped=stop.is_set)) as opened,
            ):
                landing = Landing(opened, hints, clock)
                try:
                    opened.recover()
                    follower = Follower(landing, stream.source, watcher, clock)

                    _follow(follower, stop, _idle(name, stream, catalog, settings, clock))
                except PausedError as e:
                    watcher.paused(e)
                report = report.plus(landing.report(clock() - started))
            _await_resumption(name, stream, catalog, stop)
    return report


def _pipe(
    name: str, catalog: Catalog, settings: Settings, hints: BufferingHints, stop: Event
) -> LandingReport:
    """Land the standard input; a pause is an error here: what was read can't be read again."""
    if sys.stdin is None:  # then its descriptor is that of some other file by now
        hint = f"pipe lines into it: lakehouse ingest {name} < FILE"
        raise SourceError("the standard input is closed", hint=hint)
    started = time.monotonic()
    late = _after(stop, _LAST_WORDS_SECONDS)
    with (
        suppress(StoppedError),  # nothing was read yet
        translated(settings.home),
        stream_lock(name, settings),
        closing(open_stream(name, settings, catalog, stopped=late)) as opened,
    ):
        opened.recover()
        landing = Landing(opened, hints)
        land_input(landing, _INPUT, stop)
        return landing.report(time.monotonic() - started)
    return NOTHING


def _after(stop: Event, seconds: float) -> Callable[[], bool]:
    """Whether `stop` was seen to be set so long ago."""
    since = math.inf

    def passed() -> bool:
        nonlocal since
        if stop.is_set():
            since = min(since, time.monotonic())
        return time.monotonic() - since >= seconds

    return passed


def _idle(
    name: str,
    stream: StreamSettings,
    catalog: Catalog,
    settings: Settings,
    clock: Callable[[], float],
) -> Callable[[], None]:
    """What a follower does that has delivered everything.

    It raises PausedError when the stream is paused, for no delivery would tell.
    """
    looked = clock()

    def idle() -> None:
        nonlocal looked
        mark_all_read(name, settings.home)
        if clock() - looked >= _PAUSED_SECONDS:
            refuse_paused(checkpoint_table(name, stream, catalog).metadata, name)
            looked = clock()

    return idle


def _follow(follower: Follower, stop: Event, idle: Callable[[], None]) -> None:
    while not stop.is_set():
        follower.poll(stop)
        if math.isinf(follower.seconds_left):
            idle()
        stop.wait(max(0.0, min(_POLL_SECONDS, follower.seconds_left)))
    follower.finish()


def _await_resumption(name: str, stream: StreamSettings, catalog: Catalog, stop: Event) -> None:
    """Return when the stream is not paused, or to stop. Until then others may rewind it."""
    while not stop.is_set():
        try:
            refuse_paused(checkpoint_table(name, stream, catalog).metadata, name)
        except PausedError:
            stop.wait(_PAUSED_SECONDS)
        else:
            return
