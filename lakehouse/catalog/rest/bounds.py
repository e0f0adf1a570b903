"""Mending what DuckDB writes into manifests, before the commit makes it part of a table.

DuckDB 1.5.5 cuts the lower bound of a string column after 16 bytes, in the middle of a character
if it must. Such a bound is no UTF-8, and from then on every filter on that column fails, in
DuckDB ("Invalid unicode") as in PyIceberg and polars. https://github.com/duckdb/duckdb-iceberg/pull/1138
is the fix; with a DuckDB that has it, this module goes.
"""

from typing import Final

from pyiceberg.avro.file import AvroFile
from pyiceberg.io import FileIO
from pyiceberg.manifest import ManifestFile
from pyiceberg.schema import Schema
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.typedef import Record
from pyiceberg.types import StringType

_CUT: Final = 16  # bytes


def mend_bounds(io: FileIO, snapshot: Snapshot) -> None:
    """Make the string bounds of a snapshot's own manifests valid UTF-8, and still lower bounds.

    The manifests must not be part of a committed snapshot yet: they are changed in place.
    """
    for manifest in snapshot.manifests(io):
        if manifest.added_snapshot_id == snapshot.snapshot_id:
            cut = _cut_bounds(io, manifest)
            if cut:
                _replace(io, manifest.manifest_path, cut)


def mended(bound: bytes) -> bytes:
    """The bound, where its last character is cut off with a smaller one of as many bytes."""
    try:
        bound.decode()
    except UnicodeDecodeError as e:
        if e.reason == "unexpected end of data":
            # A character of several bytes starts with one above 0x7f, so this sorts before it.
            return bound[: e.start] + b"\x7f" * (len(bound) - e.start)
    return bound


def _cut_bounds(io: FileIO, manifest: ManifestFile) -> set[bytes]:
    found = {
        (field, bound)
        for entry in manifest.fetch_manifest_entry(io, discard_deleted=False)
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
