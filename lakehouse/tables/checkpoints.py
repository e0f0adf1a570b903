"""How far a stream has been delivered, kept in the snapshots of the table it is delivered to.

The newest ancestor of the table's head that carries the stream's checkpoint holds the truth:
data and checkpoint are one commit, and rolling the table back rolls the checkpoint back too.
Expiry removes ancestors without a trace, so the sequence is mirrored as a table property: a
table that names a sequence but has lost the checkpoint is refused, never started anew.
"""

from collections.abc import Iterator

from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Snapshot, ancestors_of

from lakehouse.errors import CatalogError, PausedError

_CHECKPOINT = "lakehouse.checkpoint."
_SEQUENCE = "lakehouse.sequence."
_PAUSED = "lakehouse.paused."


def checkpoint_key(stream: str) -> str:
    """The key of the stream's checkpoint in a snapshot summary."""
    return _CHECKPOINT + stream


def sequence_key(stream: str) -> str:
    """The key of the stream's sequence in the table properties."""
    return _SEQUENCE + stream


def paused_key(stream: str) -> str:
    """The key, in the table properties, that says since when the stream is paused."""
    return _PAUSED + stream


def refuse_paused(metadata: TableMetadata, stream: str) -> None:
    """Raise PausedError when the stream is paused."""
    if since := metadata.properties.get(paused_key(stream)):
        raise PausedError(
            f"stream {stream!r} has been paused since {since}",
            hint=f"`lakehouse bookmarks resume {stream}` lets it go on",
        )


def read_checkpoint(metadata: TableMetadata, stream: str) -> str | None:
    """The text of the stream's checkpoint, None when nothing was ever delivered.

    Raises CatalogError when the table says that there was one, and no snapshot holds it.
    """
    for _, text in checkpoints(metadata, stream):
        return text
    if sequence := metadata.properties.get(sequence_key(stream)):
        raise CatalogError(
            f"the bookmark of stream {stream!r} is lost: delivery {sequence} was committed, "
            "but its snapshot has expired or was rolled back",
            hint="roll the table back to a snapshot that carries it, or drop the table",
        )
    return None


def highest_sequence(metadata: TableMetadata, stream: str) -> int:
    """The highest number that a delivery of the stream ever had, also one taken back; 0: none."""
    return int(metadata.properties.get(sequence_key(stream), "0"))


def delivering_snapshot(metadata: TableMetadata, stream: str) -> int | None:
    """The snapshot that brought the stream's checkpoint; newer ones only carry it on."""
    found: tuple[int, str] | None = None
    for snapshot, text in checkpoints(metadata, stream):
        if found and found[1] != text:
            break
        found = (snapshot.snapshot_id, text)
    return found[0] if found else None


def checkpoints(metadata: TableMetadata, stream: str) -> Iterator[tuple[Snapshot, str]]:
    """The ancestors of the head that carry a checkpoint of the stream, the newest first."""
    snapshots = {snapshot.snapshot_id: snapshot for snapshot in metadata.snapshots}
    snapshot = metadata.current_snapshot()
    while snapshot is not None:
        if text := _properties(snapshot).get(checkpoint_key(stream)):
            yield snapshot, text
        parent = snapshot.parent_snapshot_id
        snapshot = snapshots.get(parent) if parent is not None else None


def streams_of(metadata: TableMetadata) -> tuple[str, ...]:
    """The streams that have delivered to the table."""
    return tuple(
        name.removeprefix(_SEQUENCE) for name in metadata.properties if name.startswith(_SEQUENCE)
    )


def carried_checkpoints(metadata: TableMetadata) -> dict[str, str]:
    """What a commit on top of the head must repeat, so that expiry can't lose a checkpoint."""
    texts = {stream: read_checkpoint(metadata, stream) for stream in streams_of(metadata)}
    return {checkpoint_key(stream): text for stream, text in texts.items() if text}


def checkpoint_holders(metadata: TableMetadata) -> list[Snapshot]:
    """The snapshots from the head back to the newest checkpoint of each stream.

    Without one of them, the checkpoint would not be found any more.
    """
    wanted = {checkpoint_key(stream) for stream in streams_of(metadata)}
    needed: list[Snapshot] = []
    passed: list[Snapshot] = []
    for snapshot in ancestors_of(metadata.current_snapshot(), metadata):
        passed.append(snapshot)
        if found := wanted & _properties(snapshot).keys():
            wanted -= found
            needed = list(passed)
    return needed


def _properties(snapshot: Snapshot) -> dict[str, str]:
    return snapshot.summary.additional_properties if snapshot.summary else {}
