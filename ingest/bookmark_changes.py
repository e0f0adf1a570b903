"""Changes of a stream's bookmarks by a person, after Glue's job bookmarks; each is recorded."""

import os
import platform
import pwd
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.table import Table

from ingest.bookmarks import Checkpoint
from ingest.clocks import utc_now
from ingest.opening import checkpoint_table, stream_settings
from ingest.refusals import translated
from ingest.targets import stamped
from lakehouse.config import Settings
from lakehouse.errors import LockedError
from lakehouse.tables.arrow_files import remove_files, write_data_files
from lakehouse.tables.checkpoints import highest_sequence, paused_key, read_checkpoint
from lakehouse.tables.creation import ensure_table
from lakehouse.tables.expiry import delivery_history
from lakehouse.tables.fenced_append import Append, append_fenced, commits_together
from lakehouse.tables.ops import BOOKMARK_CHANGES, BOOKMARK_CHANGES_SCHEMA

_ATTEMPTS = 20


@dataclass(frozen=True)
class BookmarkChange:
    """A change as it is recorded: deliveries after `to_sequence`, up to `from_sequence`, go."""

    changed_at: datetime
    changed_by: str
    stream: str
    action: str
    from_sequence: int
    to_sequence: int
    rows_removed: int = 0
    rejects_removed: int = 0


def pause(
    name: str, catalog: Catalog, settings: Settings, now: Callable[[], datetime] = utc_now
) -> BookmarkChange | None:
    """Let nothing be delivered to the stream from now on; None when it was paused already.

    Who follows it waits. Raises ConfigError when there is no such stream.
    """
    return _switch(name, "pause", catalog, settings, now)


def resume(
    name: str, catalog: Catalog, settings: Settings, now: Callable[[], datetime] = utc_now
) -> BookmarkChange | None:
    """Let a paused stream go on; None when it was not paused."""
    return _switch(name, "resume", catalog, settings, now)


def ensure_changes(catalog: Catalog) -> Table:
    """The table of changes, made when the catalog does not have it."""
    return ensure_table(catalog, BOOKMARK_CHANGES, BOOKMARK_CHANGES_SCHEMA)


def recorded(
    change: BookmarkChange, appends: Sequence[Append], catalog: Catalog, settings: Settings
) -> None:
    """Commit a change together with its record, or before it where the catalog can't do both."""
    changes = ensure_changes(catalog)
    history = delivery_history(settings.deliveries)
    with _row_of(change, changes) as row:
        steps = [replace(append, history=history) for append in (*appends, row)]
        if commits_together(changes):
            append_fenced(*steps)
        else:
            for step in steps:
                append_fenced(step)


def whoever() -> str:
    """The user and the machine of this process."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run as anybody
        user = str(os.getuid())
    return f"{user}@{platform.node()}"


def _switch(
    name: str,
    action: str,
    catalog: Catalog,
    settings: Settings,
    now: Callable[[], datetime],
) -> BookmarkChange | None:
    stream = stream_settings(name, settings)
    with translated(settings.home):
        for attempt in range(_ATTEMPTS):
            table = checkpoint_table(name, stream, catalog)
            since = table.metadata.properties.get(paused_key(name))
            if bool(since) == (action == "pause"):
                return None
            paused = f"{now():%Y-%m-%d %H:%M:%S} UTC" if action == "pause" else None
            base = read_checkpoint(table.metadata, name)
            highest = highest_sequence(table.metadata, name)
            text = base or Checkpoint(claims=1).to_json()
            change = BookmarkChange(now(), whoever(), name, action, highest, highest)
            append = Append(
                table, [], name, base, text, highest, properties={paused_key(name): paused}
            )
            try:
                recorded(change, [append], catalog, settings)
            except LockedError:
                # An ingester has delivered meanwhile: the stream is another one now.
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                return change
    return None


@contextmanager
def _row_of(change: BookmarkChange, changes: Table) -> Iterator[Append]:
    rows = pa.Table.from_pylist([asdict(change)], schema_to_pyarrow(BOOKMARK_CHANGES_SCHEMA))
    files = write_data_files(changes, rows, change.stream)
    try:
        yield stamped(changes, files, change.stream, change.from_sequence)
    except LockedError:
        remove_files(changes, [file.file_path for file in files])
        raise
