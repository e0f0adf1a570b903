"""The first bytes of a file, decompressed, and whether they are text.

How a file is compressed is told by its first bytes; external tables go by the end of its name, so
the two must agree.
"""

import bz2
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import zstandard

from lakehouse.query.worker.zipped import start_of_zipped

# Signatures of compressed files, and of archives that external tables don't read.
_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
}
_UNREAD = {b"\x04\x22\x4d\x18": "lz4", b"7z\xbc\xaf": "7z"}
# bzip2 gives nothing before a block is whole, which is of 900,000 bytes at most.
_BZIP2_BLOCK = 1 << 20
_SUFFIXES = {".gz": "gzip", ".bz2": "bzip2", ".zst": "zstd", ".zip": "zip"}
_UNREAD_SUFFIXES = (".snappy", ".lzo", ".deflate", ".lz", ".z", ".7z", ".tar")


class UnclassifiedError(Exception):
    """A file is not recognized; its message is the reason."""


@dataclass(frozen=True)
class Sample:
    """What was read of a file: `start` of it decompressed, `whole` when that is all of it."""

    path: Path
    start: bytes
    whole: bool
    compression: str
    bytes_read: int


def sampled(path: Path, limit: int) -> Sample:
    """The first `limit` bytes of a file, before and after decompression.

    Raises UnclassifiedError for what external tables can't read, and OSError.
    """
    with path.open("rb", buffering=0) as file:
        raw = file.read(limit)
        if raw.startswith(b"BZh") and limit < _BZIP2_BLOCK:
            raw += file.read(_BZIP2_BLOCK - limit)
        whole = not file.read(1)
    if not raw:
        raise UnclassifiedError("the file is empty")
    kind = _compression(path, raw)
    if not kind:
        return Sample(path, raw, whole, "", len(raw))
    if kind == "zip":
        start, ended = _unzipped(path, limit)
    else:
        start, ended = _decompressed(kind, raw, limit, whole=whole)
    if not start and ended:
        raise UnclassifiedError(f"the {kind} file holds nothing")
    return Sample(path, start, ended, kind, len(raw))


def _unzipped(path: Path, limit: int) -> tuple[bytes, bool]:
    try:
        return start_of_zipped(path, limit)
    except FileNotFoundError:
        raise
    except OSError as e:
        raise UnclassifiedError(str(e)) from e


def _compression(path: Path, raw: bytes) -> str:
    for signature, name in _UNREAD.items():
        if raw.startswith(signature):
            raise UnclassifiedError(f"external tables don't read {name} files")
    suffix = path.suffix.lower()
    if suffix in _UNREAD_SUFFIXES:
        raise UnclassifiedError(f"external tables don't read files whose names end with {suffix}")
    by_name = _SUFFIXES.get(suffix, "")
    kind = next((name for start, name in _COMPRESSED.items() if raw.startswith(start)), "")
    if by_name and kind != by_name:
        raise UnclassifiedError(f"its name says {by_name}, its bytes do not")
    if kind and not by_name:
        ends = ", ".join(end for end, name in _SUFFIXES.items() if name == kind)
        raise UnclassifiedError(
            f"it is compressed by {kind}, and its name does not end with {ends}"
        )
    return kind


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...


def _decompressed(kind: str, raw: bytes, limit: int, *, whole: bool) -> tuple[bytes, bool]:
    """At most `limit` bytes, and whether nothing more comes."""
    found, rest = b"", raw
    while rest and len(found) < limit:
        try:
            data, machine, more = _member(kind, rest, limit - len(found))
        except (zlib.error, OSError, zstandard.ZstdError, ValueError) as e:
            raise UnclassifiedError(f"the {kind} file is damaged: {e}") from e
        found += data
        if more:  # of this member, than was asked for
            return found, False
        if not machine.eof:
            if whole:
                raise UnclassifiedError(f"the {kind} file is truncated")
            return found, False
        rest = machine.unused_data
    return found, whole and not rest


def _member(kind: str, raw: bytes, limit: int) -> tuple[bytes, _Decompressor, bool]:
    """Up to `limit` bytes of the first member, its decompressor, and whether it has more."""
    if kind == "gzip":
        gzip = zlib.decompressobj(wbits=31)
        data = gzip.decompress(raw, limit)
        return data, gzip, bool(gzip.unconsumed_tail)
    if kind == "bzip2":
        machine = bz2.BZ2Decompressor()
        data = machine.decompress(raw, limit)
        return data, machine, not machine.needs_input and not machine.eof
    zstd = zstandard.ZstdDecompressor().decompressobj()
    data = zstd.decompress(raw)
    return data[:limit], zstd, len(data) > limit
