"""The rows that live in data files, as the table's schema has them now, a batch at a time."""

from collections.abc import Iterable, Iterator

import polars as pl
import pyarrow as pa
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io import FileIO
from pyiceberg.io.pyarrow import ArrowScan, _read_all_delete_files, schema_to_pyarrow
from pyiceberg.manifest import DataFile, DataFileContent
from pyiceberg.schema import Schema
from pyiceberg.table import FileScanTask
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.types import NestedField

from lakehouse.errors import CatalogError
from lakehouse.tables.maintenance.inventory import LiveFile


def read_rows(
    metadata: TableMetadata, io: FileIO, files: Iterable[LiveFile]
) -> Iterator[pa.RecordBatch]:
    """The rows of the files, one file after the other, without those that were deleted.

    Columns are found by their ids: a renamed one has its new name, one that was added later is
    NULL, one that was dropped is left out. Raises CatalogError for deletes that can't be applied.
    """
    target = schema_to_pyarrow(metadata.schema())
    for live in files:
        for batch in _read(metadata, io, live):
            # As a table, for only those cast values to the extension type of UUIDs.
            rows = pa.Table.from_batches([batch]).select(target.names)
            yield from rows.cast(target).to_batches()


def _read(metadata: TableMetadata, io: FileIO, live: LiveFile) -> Iterator[pa.RecordBatch]:
    equality = [d for d in live.deletes if d.content == DataFileContent.EQUALITY_DELETES]
    removals = [_Removal(metadata, io, delete) for delete in equality]
    fields = {field.field_id: field for field in metadata.schema().fields}
    for removal in removals:
        fields |= {field.field_id: field for field in removal.keys}
    positions = FileScanTask(live.file, {*live.deletes} - {*equality})
    for batch in _scan(metadata, io, positions, fields.values()):
        kept = batch
        for removal in removals:
            kept = removal.without(kept)
        yield kept


class _Removal:
    """An equality delete file: rows that are gone, told by the values of some columns."""

    def __init__(self, metadata: TableMetadata, io: FileIO, delete: DataFile) -> None:
        self.keys = [_key(metadata, field_id) for field_id in delete.equality_ids or ()]
        batches = _scan(metadata, io, FileScanTask(delete), self.keys)
        self._gone = pl.concat(
            [pl.DataFrame(schema={key.name: pl.Null for key in self.keys})]
            + [_frame(batch) for batch in batches],
            how="vertical_relaxed",
        )

    def without(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """The rows that are not gone. A NULL equals a NULL, as the specification has it."""
        names = [key.name for key in self.keys]
        keys = _frame(rows.select(names)).with_row_index("__row")
        kept = keys.join(self._gone, on=names, how="anti", nulls_equal=True, maintain_order="left")
        return rows.take(kept["__row"].to_arrow())


def _frame(rows: pa.RecordBatch) -> pl.DataFrame:
    # Polars knows no UUIDs; their bytes compare as well.
    plain = [c.storage if isinstance(c, pa.ExtensionArray) else c for c in rows.columns]
    return pl.DataFrame(pa.RecordBatch.from_arrays(plain, names=rows.schema.names))


def _key(metadata: TableMetadata, field_id: int) -> NestedField:
    """The column rows are told by; it may have been dropped since, and its name taken."""
    for field in metadata.schema().fields:
        if field.field_id == field_id:
            return field
    for schema in reversed(metadata.schemas):
        for field in schema.fields:
            if field.field_id == field_id:
                return NestedField(field_id, f"__dropped_{field_id}", field.field_type)
    raise CatalogError(
        f"rows were deleted by column {field_id}, which is no column of its own",
        hint="rewrite the table with the engine that deleted them",
    )


def _scan(
    metadata: TableMetadata, io: FileIO, task: FileScanTask, fields: Iterable[NestedField]
) -> Iterator[pa.RecordBatch]:
    scan = ArrowScan(metadata, io, Schema(*fields), AlwaysTrue())
    # Not `to_record_batches`, which reads whole files before it hands out a row.
    deletes = _read_all_delete_files(io, [task])
    return scan._record_batches_from_scan_tasks_and_deletes([task], deletes)
