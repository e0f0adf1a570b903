"""What becomes of the rows of a delivery: how a destination stages them, and what it commits."""

import json
from collections.abc import Sequence
from typing import Protocol, TypeAlias
from uuid import uuid4

import pyarrow as pa
from pyiceberg.expressions import BooleanExpression, GreaterThanOrEqual, Reference
from pyiceberg.expressions.literals import literal
from pyiceberg.manifest import DataFile
from pyiceberg.table import Table

from ingest.lineage import landed_rows
from ingest.log_reader import Batch
from ingest.objects.shipments import Shipments
from ingest.rejects import Reject
from lakehouse.tables.arrow_files import DataFiles
from lakehouse.tables.checkpoints import read_checkpoint
from lakehouse.tables.fenced_append import Append
from lakehouse.tables.growth import conform, grow_for
from lakehouse.tables.parquet_layout import Encodings
from lakehouse.tables.removal import Removal

# A batch, and the record id of its first line.
Numbered: TypeAlias = tuple[Batch, int]


class Target(Protocol):
    """Takes the rows of a delivery, and says what its commit consists of."""

    @property
    def tables(self) -> Sequence[Table]:
        """The tables it writes; the last one's snapshots carry the checkpoint."""

    def ahead(self, sequence: int) -> Sequence[Table]:
        """The tables that hold rows of deliveries from that number on: they were never made."""

    def write(
        self, batches: Sequence[Numbered], stream: str, sequence: int, shipments: Shipments
    ) -> Sequence[tuple[Reject, ...]]:
        """Stage the rows of batches; those of each that could not be, in their order."""

    def appends(self, stream: str, base: str | None, text: str, sequence: int) -> list[Append]:
        """The commit of what is staged; the last of it brings the checkpoint `text`.

        They are made in that order where they can't be made together.
        """

    def forget(self) -> None:
        """Begin anew, after the commit."""

    def discard(self) -> None:
        """Remove what is staged."""

    @property
    def gradual(self) -> bool:
        """Whether it makes no difference if rows are staged bit by bit or all at once."""


class TableTarget:
    """A landing table that rows are added to."""

    gradual = True

    def __init__(self, table: Table, encodings: Encodings) -> None:
        self._table = table
        self._encodings = encodings
        self._files: DataFiles | None = None

    @property
    def tables(self) -> Sequence[Table]:
        """The table."""
        return [self._table]

    def ahead(self, sequence: int) -> Sequence[Table]:
        """None: rows and checkpoint are one commit."""
        return []

    def write(
        self, batches: Sequence[Numbered], stream: str, sequence: int, shipments: Shipments
    ) -> Sequence[tuple[Reject, ...]]:
        """Write the rows to data files; the table grows for them where it may."""
        if self._files is None:
            self._files = DataFiles(self._table, f"{stream}-{sequence:08d}", self._encodings)
        rows = joined([landed_rows(batch, first, sequence) for batch, first in batches])
        grow_for(self._table, rows.schema)
        self._files.add(conform(rows, self._table.schema()))
        return [()] * len(batches)

    def appends(self, stream: str, base: str | None, text: str, sequence: int) -> list[Append]:
        """The files and the checkpoint."""
        files = self._files.close() if self._files else []
        return [Append(self._table, files, stream, base, text, sequence)]

    def forget(self) -> None:
        """Nothing is staged any more."""
        self._files = None

    def discard(self) -> None:
        """Remove the files."""
        files, self._files = self._files, None
        if files:
            files.discard()


def stamped(
    table: Table,
    files: Sequence[DataFile],
    stream: str,
    sequence: int,
    removal: Removal | None = None,
) -> Append:
    """Files for a table that does not carry the stream's checkpoint, but a stamp.

    No two stamps are the same, so that of two ingesters at most one gets files committed.
    """
    base = read_checkpoint(table.metadata, stream)
    return Append(table, files, stream, base, stamp(sequence), sequence, removal=removal)


def from_delivery(sequence: int) -> BooleanExpression:
    """The rows of deliveries from that number on."""
    return GreaterThanOrEqual(term=Reference("ingest_seq"), value=literal(sequence))


def stamp(sequence: int) -> str:
    """A text that no other delivery leaves in a table."""
    return json.dumps({"seq": sequence, "id": uuid4().hex})


def joined(tables: Sequence[pa.Table]) -> pa.Table:
    """The rows of all tables; a column that was found late, or has become wider, is in all."""
    if all(table.schema.equals(tables[0].schema) for table in tables):
        return pa.concat_tables(tables)
    return pa.concat_tables(tables, promote_options="permissive")
