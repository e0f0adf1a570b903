"""How far the logs of a stream have been landed, and how much of them waits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pyiceberg.catalog import Catalog

from ingest.archive import Archive
from ingest.bookmarks import Bookmark, Checkpoint, file_fingerprint, recognise
from ingest.logs import Kind, LogFile, identify
from ingest.opening import stream_settings, suffixes
from ingest.refusals import translated
from ingest.sources import find_sources
from lakehouse.config import Settings
from lakehouse.tables.checkpoints import read_checkpoint


@dataclass(frozen=True)
class Position:
    """How far one log was landed; offsets count bytes of decompressed text.

    `size` and `lag` are bytes of the stored file, None when the stream's source does not hold
    the log. `sequence` is the stream's last delivery, `record_id` that of its last line.
    """

    stream: str
    log: str
    offset: int
    lines: int  # the header among them
    size: int | None
    lag: int | None
    sequence: int
    record_id: int
    written: datetime | None  # when the log last was, in UTC


def stream_positions(name: str, catalog: Catalog | None, settings: Settings) -> list[Position]:
    """The positions of the logs of a declared stream; nothing was landed without a catalog.

    Raises ConfigError when there is no such stream, CatalogError when its bookmark is lost.
    """
    stream = stream_settings(name, settings)
    checkpoint, archive = Checkpoint(), None
    if catalog and catalog.table_exists(stream.identifier):
        metadata = catalog.load_table(stream.identifier).metadata
        checkpoint = Checkpoint.from_json(read_checkpoint(metadata, name))
        archive = Archive(name, catalog) if checkpoint.forgotten else None
    counting = suffixes(stream)
    with translated(settings.home):
        found = [
            identify(found.path, found.name) for found in find_sources(stream.source, counting)
        ]
        return list(_positions(name, checkpoint, archive, [f for f in found if f.size]))


def _positions(
    stream: str, checkpoint: Checkpoint, archive: Archive | None, files: Sequence[LogFile]
) -> Iterator[Position]:
    """The position of each log that was landed or waits, those of `files` first.

    The lag of a compressed file that was landed in part is told in bytes of text.
    """
    sequence, record_id = checkpoint.sequence, checkpoint.next_record_id - 1
    heads = set()
    for file in files:
        marks, lag = _landed(file, checkpoint, archive)
        heads |= {mark.head for mark in marks}
        offset, lines = sum(m.offset for m in marks), sum(m.line for m in marks)
        written = datetime.fromtimestamp(file.path.stat().st_mtime, UTC)
        yield Position(
            stream, file.name, offset, lines, file.size, lag, sequence, record_id, written
        )
    for mark in checkpoint.bookmarks:
        # One that was left behind when its log was rotated is told by the log's beginning.
        if mark.head not in heads:
            yield Position(
                stream, mark.log, mark.offset, mark.line, None, None, sequence, record_id, None
            )


def _landed(
    file: LogFile, checkpoint: Checkpoint, archive: Archive | None
) -> tuple[list[Bookmark], int]:
    """The bookmarks made in a file, for a workbook one a sheet, and the bytes not landed."""
    bookmarks = checkpoint.bookmarks
    if file.sealed:
        sealed = file_fingerprint(file.path)
        if marks := [mark for mark in bookmarks if mark.sealed == sealed]:
            return marks, 0
    if file.kind is Kind.WORKBOOK:
        return [], file.size
    (log,) = file.logs()
    with log.open() as stream:
        found = recognise(stream, bookmarks)
        if found is None and archive:
            found = recognise(stream, archive.like(stream, log.name, checkpoint))
        if found is None:
            return [], file.size
        return [found], max(0, stream.seek(0, 2) - found.offset)
