"""Equality deletes, as Flink writes them: neither PyIceberg nor DuckDB does, so these are ours."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.manifest import (
    DataFile,
    DataFileContent,
    FileFormat,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestFile,
    ManifestWriterV2,
)
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Operation, Summary
from pyiceberg.table.update.snapshot import _FastAppendFiles
from pyiceberg.typedef import Record

from lakehouse.catalog.locations import path_of
from tests.unit.tables.maintenance.conftest import KEEPS_ALL, Lake


class DeleteManifest(ManifestWriterV2):
    def content(self) -> ManifestContent:
        return ManifestContent.DELETES

    @property
    def _meta(self) -> dict[str, str]:
        return {**super()._meta, "content": "deletes"}


class EqualityDelete(_FastAppendFiles):
    """A snapshot that brings one equality delete file."""

    file: DataFile

    def _existing_manifests(self) -> list[ManifestFile]:
        metadata = self._transaction.table_metadata
        writer = DeleteManifest(
            PartitionSpec(),
            metadata.schema(),
            self.new_manifest_output(),
            self._snapshot_id,
            "null",
        )
        with writer:
            writer.add(
                ManifestEntry.from_args(
                    status=ManifestEntryStatus.ADDED,
                    snapshot_id=self._snapshot_id,
                    sequence_number=None,
                    file_sequence_number=None,
                    data_file=self.file,
                )
            )
        return [*super()._existing_manifests(), writer.to_manifest_file()]

    def _summary(self, snapshot_properties: object = None) -> Summary:
        return Summary(Operation.OVERWRITE)


def delete_equal(table: Table, column: str, values: list[int | None]) -> None:
    """Take the rows away whose column has one of the values."""
    field = table.schema().find_field(column)
    folder = path_of(table.location())
    assert folder
    path = Path(folder) / "data" / f"equal-{len(table.metadata.snapshots)}.parquet"
    arrow = pa.field(
        column, pa.int64(), metadata={b"PARQUET:field_id": str(field.field_id).encode()}
    )
    pq.write_table(pa.table([pa.array(values, pa.int64())], schema=pa.schema([arrow])), path)
    file = DataFile.from_args(
        content=DataFileContent.EQUALITY_DELETES,
        file_path=str(path),
        file_format=FileFormat.PARQUET,
        partition=Record(),
        record_count=len(values),
        file_size_in_bytes=path.stat().st_size,
        equality_ids=[field.field_id],
    )
    file.spec_id = 0
    with table.transaction() as change:
        producer = EqualityDelete(Operation.OVERWRITE, change, table.io)
        producer.file = file
        producer.commit()


def test_a_rewrite_takes_the_rows_out_and_lets_the_deletes_go(lake: Lake) -> None:
    lake.sql("create table lake.shop.facts (id bigint, part bigint)")
    lake.sql("insert into lake.shop.facts select n, n % 3 from range(9) as counted(n)")
    lake.sql("insert into lake.shop.facts values (null, 7), (20, null)")
    delete_equal(lake.table("shop.facts"), "part", [1, None])
    delete_equal(lake.table("shop.facts"), "id", [0, None])
    lake.sql("insert into lake.shop.facts values (1, 1), (0, 0)")  # came later: they stay
    left = sorted([(2, 2), (3, 0), (5, 2), (6, 0), (8, 2), (0, 0), (1, 1)])
    seen_by_duckdb = lake.con.execute("select * from lake.shop.facts order by all").fetchall()
    assert seen_by_duckdb == left
    lake.maintain("shop.facts", settings=KEEPS_ALL)
    assert lake.rows("shop.facts") == sorted(map(repr, left))
    head = lake.table("shop.facts").current_snapshot()
    assert head
    contents = {
        m.content
        for m in head.manifests(lake.table("shop.facts").io)
        if m.existing_files_count or m.added_files_count
    }
    assert contents == {ManifestContent.DATA}
