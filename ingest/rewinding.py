"""Rewinding a stream: deliveries are taken back, and their lines read again from their logs.

The rows and rejects of what is taken back leave the tables in the commit that moves the bookmarks
back. A line that is landed again has a new delivery number, and usually its record id of before.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And, EqualTo, GreaterThan, Reference
from pyiceberg.expressions.literals import literal

from ingest.archive import Archive, last_reached
from ingest.bookmark_changes import BookmarkChange, recorded, whoever
from ingest.bookmarks import Bookmark, Checkpoint, Move, file_fingerprint, made_in
from ingest.clocks import utc_now
from ingest.history import Goal, Rewound, rewound
from ingest.logs import LogFile, identify
from ingest.opening import (
    checkpoint_table,
    landing_table,
    open_stream,
    stream_settings,
    suffixes,
)
from ingest.refusals import translated
from ingest.sources import find_sources
from ingest.streams import stream_lock
from ingest.targets import stamped
from lakehouse.config import Settings
from lakehouse.errors import ConfigError, SourceError
from lakehouse.stream_settings import StreamSettings
from lakehouse.tables.checkpoints import highest_sequence, read_checkpoint
from lakehouse.tables.fenced_append import Append
from lakehouse.tables.landing import REJECTS
from lakehouse.tables.removal import Removal

_NAMED = 3


@dataclass(frozen=True)
class RewindOrder:
    """What is to be rewound. No goal is the beginning: a reset.

    With `even_if_lost`, lines go too that no log of the source holds any more. A `dry_run` only
    tells what would go.
    """

    stream: str
    goal: Goal | None = None
    even_if_lost: bool = False
    dry_run: bool = False


def rewind(
    order: RewindOrder,
    catalog: Catalog,
    settings: Settings,
    now: Callable[[], datetime] = utc_now,
) -> BookmarkChange | None:
    """Take back what was delivered after the goal; None when that is nothing.

    Raises ConfigError for a stream or a delivery that there is not, or a stream whose deliveries
    can't be taken back, SourceError when lines would be lost, LockedError when an ingester is at
    work on the stream, CatalogError when the ledger does not reach back so far.
    """
    name = order.stream
    stream = stream_settings(name, settings)
    _refuse_what_stays(name, stream)
    with translated(settings.home), stream_lock(name, settings):
        with closing(open_stream(name, settings, catalog)) as opened:
            opened.enter()
            now_at = opened.destination.checkpoint
        past = (
            rewound(name, now_at, order.goal, catalog)
            if order.goal
            else _beginning(name, now_at, catalog)
        )
        if past.checkpoint.sequence == now_at.sequence:
            return None
        if not order.even_if_lost:
            _refuse_to_lose(past, _files(stream))
        return _Taking(order, past.checkpoint, catalog, settings).commit(now_at.claims + 1, now())


def _refuse_what_stays(name: str, stream: StreamSettings) -> None:
    if stream.objects:
        raise ConfigError(
            f"stream {name!r} delivers objects, and those are not taken back",
            hint="deliver to another prefix, as a stream of another name",
        )
    if stream.routed:
        raise ConfigError(
            f"stream {name!r} updates and deletes records, or routes them: what they were before "
            "is not known any more",
            hint="roll its tables back with `lakehouse tables rollback`, or name others",
        )


def _beginning(name: str, checkpoint: Checkpoint, catalog: Catalog) -> Rewound:
    first = Checkpoint(version=checkpoint.version, settings=checkpoint.settings)
    marks = [*checkpoint.bookmarks]
    if checkpoint.forgotten:
        marks += Archive(name, catalog).bookmarks(checkpoint)
    return Rewound(first, tuple(Move(None, mark) for mark in dict.fromkeys(marks)))


class _Taking:
    """What is taken back of a stream's tables."""

    def __init__(
        self, order: RewindOrder, past: Checkpoint, catalog: Catalog, settings: Settings
    ) -> None:
        self._order = order
        self._past = past
        self._catalog = catalog
        self._settings = settings
        self._stream = stream_settings(order.stream, settings)
        self._table = checkpoint_table(order.stream, self._stream, catalog)
        self._rejects = catalog.load_table(REJECTS)
        self._highest = highest_sequence(self._table.metadata, order.stream)

    def commit(self, claims: int, at: datetime) -> BookmarkChange:
        """Take it back, unless the order is a dry run; what was, or would be."""
        name = self._order.stream
        after = GreaterThan(term=Reference("ingest_seq"), value=literal(self._past.sequence))
        mine = And(EqualTo(term=Reference("stream"), value=literal(name)), after)
        change = BookmarkChange(
            at,
            whoever(),
            name,
            "rewind" if self._order.goal else "reset",
            self._highest,
            self._past.sequence,
            self._table.scan(after).count(),
            self._rejects.scan(mine).count(),
        )
        if not self._order.dry_run:
            appends = list(self._appends(claims, rejects=change.rejects_removed > 0))
            recorded(change, appends, self._catalog, self._settings)
        return change

    def _appends(self, claims: int, *, rejects: bool) -> Iterator[Append]:
        name, highest = self._order.stream, self._highest
        gone = pa.array(range(self._past.sequence + 1, highest + 1), pa.int64())
        own = landing_table(self._stream)
        keys = pa.table({"ingest_seq": gone})
        removal = Removal(keys, f"{name}-rewound", own.encodings)
        base = read_checkpoint(self._table.metadata, name)
        text = replace(self._past, claims=claims).to_json()
        yield Append(self._table, [], name, base, text, highest, removal)
        if rejects:
            streams = pa.array([name] * len(gone), pa.string())
            keys = pa.table({"stream": streams, "ingest_seq": gone})
            removal = Removal(keys, f"{name}-rewound")
            yield replace(stamped(self._rejects, [], name, highest), removal=removal)


def _refuse_to_lose(past: Rewound, files: Iterable[LogFile]) -> None:
    """Raise SourceError when a log that would have to be read again is in no source any more."""
    # A bookmark that a later one has replaced was made in the same log.
    undone = dict.fromkeys(last_reached(past.undone))
    for file in files:
        for mark in list(_held(file, undone)):
            undone.pop(mark, None)
    if undone:
        logs = sorted({mark.log for mark in undone})
        named = ", ".join(logs[:_NAMED]) + (", ..." if len(logs) > _NAMED else "")
        raise SourceError(
            f"{len(logs):,} logs that were landed since are in no source any more ({named}): "
            "what is taken back of them could not be landed again",
            hint="bring them back, or take their lines back for good with --even-if-lost",
        )


def _files(stream: StreamSettings) -> Iterator[LogFile]:
    for found in find_sources(stream.source, suffixes(stream)):
        file = identify(found.path, found.name)
        if file.size:
            yield file


def _held(file: LogFile, marks: Iterable[Bookmark]) -> Iterator[Bookmark]:
    """The bookmarks that were made in what the file holds."""
    if file.sealed:
        sealed = file_fingerprint(file.path)
        yield from (mark for mark in marks if mark.sealed == sealed)
    for log in file.logs():
        with log.open() as text:
            yield from made_in(text, list(marks))
