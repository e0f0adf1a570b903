"""Snapshots that clients hand in: made fit to be referred to, before the commit counts.

The files a client wrote are on the disk before the catalog points at them; neither DuckDB nor
PyIceberg syncs them itself.

DuckDB 1.5.5 cuts the lower bound of a string column after 16 bytes, in the middle of a character
if it must. Such a bound is no UTF-8, and from then on every filter on that column fails, in
DuckDB ("Invalid unicode") as in PyIceberg and polars. The manifest is mended. The fix is
https://github.com/duckdb/duckdb-iceberg/pull/1138; with a DuckDB that has it, mending goes.
"""

from collections.abc import Iterable
from typing import Final

from pyiceberg.avro.file import AvroFile
from pyiceberg.io import FileIO
from pyiceberg.manifest import ManifestEntry, ManifestEntryStatus, ManifestFile
from pyiceberg.schema import Schema
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.typedef import Record
from pyiceberg.types import StringType

from lakehouse.catalog.durability import sync_files
from lakehouse.catalog.locations import path_of

_CUT: Final = 16  # bytes


def settle(io: FileIO, snapshot: Snapshot, *, by_duckdb: bool) -> None:
    """Sync the files a snapshot brings, and mend the bounds DuckDB cut.

    The snapshot must not be committed yet: its manifests are changed in place.
    """
    if not by_duckdb and path_of(snapshot.manifest_list) is None:
        return
    brought = [snapshot.manifest_list]
    for manifest in snapshot.manifests(io):
        if manifest.added_snapshot_id != snapshot.snapshot_id:
            continue
        entries = manifest.fetch_manifest_entry(io, discard_deleted=False)
        cut = _cut_bounds(io, manifest, entries) if by_duckdb else set()
        if cut:
            _replace(io, manifest.manifest_path, cut)
        added = [each for each in entries if each.status == ManifestEntryStatus.ADDED]
        brought += [each.data_file.file_path for each in added]
        brought.append(manifest.manifest_path)
    sync_files(path for each in brought if (path := path_of(each)))


def mended(bound: bytes) -> bytes:
    """The bound, where its last character is cut off with a smaller one of as many bytes."""
    try:
        bound.decode()
    except UnicodeDecodeError as e:
        if e.reason == "unexpected end of data":
            # A character of several bytes starts with one above 0x7f, so this sorts before it.
            return bound[: e.start] + b"\x7f" * (len(bound) - e.start)
    return bound


def _cut_bounds(io: FileIO, manifest: ManifestFile, entries: Iterable[ManifestEntry]) -> set[bytes]:
    found = {
        (field, bound)
        for entry in entries
        for field, bound in (entry.data_file.lower_bounds or {}).items()
        if len(bound) == _CUT and mended(bound) != bound
    }
    if not found:
        return set()
    # Bytes of a decimal or UUID may look like cut text; only text is cut.
    file: AvroFile[Record] = AvroFile(io.new_input(manifest.manifest_path))
    with file:
        schema = Schema.model_validate_json(file.header.meta["schema"])
    types = {field: schema.find_type(field) for field in schema.field_ids}
    return {bound for field, bound in found if isinstance(types.get(field), StringType)}


def _replace(io: FileIO, path: str, cut: set[bytes]) -> None:
    with io.new_input(path).open() as file:
        content = file.read()
    # DuckDB's manifests are not compressed. Avro puts a value's length, zigzag, before its bytes.
    length = bytes([2 * _CUT])
    for bound in cut:
        content = content.replace(length + bound, length + mended(bound))
    with io.new_output(path).create(overwrite=True) as output:
        output.write(content)
