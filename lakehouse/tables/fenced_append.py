"""Appending data files and a stream's checkpoint in one commit, against every other ingester.

PyIceberg repeats an append that lost a race, so a checkpoint in the summary alone is no
compare-and-swap: two ingesters would both land their lines. The fence looks again before
every attempt. It overrides internals of PyIceberg, which is why PyIceberg is pinned exactly.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pyiceberg.exceptions import ValidationException
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update import TableUpdate, UpdatesAndRequirements, update_table_metadata
from pyiceberg.table.update.snapshot import _MergeAppendFiles

from lakehouse.errors import LockedError
from lakehouse.tables.checkpoints import (
    carried_checkpoints,
    checkpoint_key,
    read_checkpoint,
    sequence_key,
)


@dataclass(frozen=True)
class Advance:
    """The step of a stream from one checkpoint to the next."""

    stream: str
    base: str | None
    checkpoint: str
    sequence: int


def append_fenced(table: Table, files: Iterable[DataFile], advance: Advance) -> None:
    """Commit `files` and the stream's new checkpoint in one snapshot.

    Raises LockedError, with nothing committed, when the checkpoint in the table is not
    `advance.base` any more: another ingester has delivered.
    """
    if read_checkpoint(table.metadata, advance.stream) != advance.base:
        raise _fenced(advance.stream)
    transaction = LeanTransaction(table)
    transaction.set_properties({sequence_key(advance.stream): str(advance.sequence)})
    append = _FencedAppend(transaction, advance)
    for file in files:
        append.append_data_file(file)
    append.commit()
    try:
        transaction.commit_transaction()
    except _FencedError as e:
        raise _fenced(advance.stream) from e


class LeanTransaction(Transaction):
    """A transaction that works out its metadata once a change, not once a look.

    PyIceberg copies the whole table metadata about 15 times a commit: 587 ms at 1,000
    snapshots, 70 ms with this.
    """

    _cached: tuple[TableMetadata, tuple[TableUpdate, ...], TableMetadata] | None = None

    @property
    def table_metadata(self) -> TableMetadata:
        """The metadata of the table with the staged changes applied."""
        base, staged = self._table.metadata, self._updates
        if self._cached is None or self._cached[0] is not base or self._cached[1] is not staged:
            self._cached = (base, staged, update_table_metadata(base, staged))
        return self._cached[2]


class _FencedError(ValidationException):
    pass


class _FencedAppend(_MergeAppendFiles):
    def __init__(self, transaction: Transaction, advance: Advance) -> None:
        super().__init__(Operation.APPEND, transaction, transaction._table.io)
        self._advance = advance

    def _validate_concurrency(self) -> None:
        found = read_checkpoint(self._transaction._table.metadata, self._advance.stream)
        if found != self._advance.base:
            raise _FencedError(self._advance.stream)

    def _commit(self) -> UpdatesAndRequirements:
        self.snapshot_properties = {
            **carried_checkpoints(self._transaction._table.metadata),
            checkpoint_key(self._advance.stream): self._advance.checkpoint,
        }
        return super()._commit()


def _fenced(stream: str) -> LockedError:
    return LockedError(
        f"another ingester has delivered to stream {stream!r} meanwhile",
        hint="let one ingester run at a time; nothing of this delivery was landed",
    )
