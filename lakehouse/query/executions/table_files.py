"""The files of a table's snapshot, and how many bytes each of their columns takes.

The sizes stand in the manifests (`column_sizes`: compressed, of all chunks of a column); for
writers that leave them out, DuckDB for one, they are read from the files' own footers.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import AlwaysTrue, BooleanExpression
from pyiceberg.expressions.visitors import (
    _InclusiveMetricsEvaluator,
    expression_evaluator,
    inclusive_projection,
)
from pyiceberg.manifest import DataFile, DataFileContent
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.typedef import Identifier
from pyiceberg.types import NestedField

from lakehouse.catalog.damage import files_of
from lakehouse.catalog.sql import LakeSqlCatalog

_MOST = 256  # tables' states that are remembered
_FIELD_ID = b"PARQUET:field_id"


@dataclass(frozen=True)
class Needed:
    """What a scan needs of a table: so many files, and bytes of them."""

    files: int
    bytes: int


class TableFiles:
    """The files of a table at its current snapshot."""

    def __init__(self, identifier: Identifier, table: Table) -> None:
        self.name = ".".join(identifier)
        self.table = table
        self.schema: Schema = table.schema()
        self._footers: dict[str, dict[int, int]] = {}

    @cached_property
    def rows(self) -> int:
        """Rows in the data files; deleted ones count."""
        return sum(file.record_count for file, _ in self._files if not file.content.value)

    def needed(self, columns: Collection[str], where: BooleanExpression) -> Needed:
        """What a scan of `columns` needs, where files that can't fulfil `where` are left out.

        Delete files are read whole, those of the partitions that are read.
        """
        wanted = {f.field_id: f for f in self.schema.fields if f.name in columns}
        metrics = _InclusiveMetricsEvaluator(self.schema, where)
        kept, partitions, total = 0, set(), 0
        for file, spec_id in self._files:
            if file.content is not DataFileContent.DATA or not self._may_match(
                file, spec_id, where, metrics
            ):
                continue
            kept += 1
            partitions.add((spec_id, str(file.partition)))
            sizes = self._sizes(file) if wanted else {}
            total += sum(sizes.get(i, 0) for f in wanted.values() for i in _ids(f))
        for file, spec_id in self._files:
            of = (spec_id, str(file.partition))
            if file.content is not DataFileContent.DATA and of in partitions:
                kept += 1
                total += file.file_size_in_bytes
        return Needed(kept, total)

    def _may_match(
        self,
        file: DataFile,
        spec_id: int,
        where: BooleanExpression,
        metrics: _InclusiveMetricsEvaluator,
    ) -> bool:
        if where == AlwaysTrue():
            return True
        spec = self.table.specs()[spec_id]
        if spec.fields:
            projected = inclusive_projection(self.schema, spec)(where)
            partitions = Schema(*spec.partition_type(self.schema).fields)
            if not expression_evaluator(partitions, projected, case_sensitive=True)(file.partition):
                return False
        return bool(metrics.eval(file))

    @cached_property
    def _files(self) -> list[tuple[DataFile, int]]:
        snapshot = self.table.current_snapshot()
        with files_of(self.name):
            return [
                (entry.data_file, manifest.partition_spec_id)
                for manifest in (snapshot.manifests(self.table.io) if snapshot else [])
                for entry in manifest.fetch_manifest_entry(self.table.io, discard_deleted=True)
            ]

    def _sizes(self, file: DataFile) -> dict[int, int]:
        if file.column_sizes:
            return dict(file.column_sizes)
        if file.file_path not in self._footers:
            opening = self.table.io.new_input(file.file_path)
            with files_of(self.name), opening.open() as opened:
                self._footers[file.file_path] = _footer(pq.ParquetFile(opened), self.schema)
        return self._footers[file.file_path]


class KnownTables:
    """Tables' files by where their metadata lies, which never changes."""

    def __init__(self) -> None:
        self._known: dict[str, TableFiles] = {}
        self._lock = Lock()

    def files(self, catalog: Catalog, identifier: Identifier) -> TableFiles:
        """The files of a table as the catalog has it. Raises NoSuchTableError."""
        table = None
        if isinstance(catalog, LakeSqlCatalog):
            location = catalog.metadata_location(identifier)
        else:
            table = catalog.load_table(identifier)
            location = table.metadata_location
        with self._lock:
            if location not in self._known:
                while len(self._known) >= _MOST:
                    self._known.pop(next(iter(self._known)))
                found = table or catalog.load_table(identifier)
                self._known[location] = TableFiles(identifier, found)
            return self._known[location]


def _ids(field: NestedField) -> Iterator[int]:
    """The ids of a column and of all it is made of."""
    yield field.field_id
    for inner in getattr(field.field_type, "fields", ()):
        yield from _ids(inner)


def _footer(file: pq.ParquetFile, schema: Schema) -> dict[int, int]:
    """The compressed bytes of each column, by its id in the table."""
    by_name = {field.name: field.field_id for field in schema.fields}
    owners: list[int] = []
    for field in file.schema_arrow:
        known = (field.metadata or {}).get(_FIELD_ID)
        owner = int(known) if known else by_name.get(field.name, -1)
        owners += [owner] * _leaves(field.type)
    sizes: dict[int, int] = {}
    for group in range(file.metadata.num_row_groups):
        for column, owner in enumerate(owners):
            chunk = file.metadata.row_group(group).column(column)
            sizes[owner] = sizes.get(owner, 0) + chunk.total_compressed_size
    return sizes


def _leaves(of: pa.DataType) -> int:
    count = of.num_fields
    return sum(_leaves(of.field(i).type) for i in range(count)) if count else 1
