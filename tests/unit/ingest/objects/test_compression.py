"""Objects are what other programs read."""

import gzip

import pyarrow as pa
import pytest

from ingest.objects.compression import Compression

TEXT = b'{"a": 1}\n' * 1000


@pytest.mark.parametrize("content", [b"", b"x", TEXT])
def test_gzip(content: bytes) -> None:
    found = Compression.GZIP.compress(content)
    assert gzip.decompress(found) == content
    assert found == Compression.GZIP.compress(content)


@pytest.mark.parametrize("content", [b"", b"x", TEXT])
def test_zstd(content: bytes) -> None:
    with pa.input_stream(pa.BufferReader(Compression.ZSTD.compress(content)), "zstd") as stream:
        assert stream.read() == content


def test_nothing() -> None:
    assert Compression.NONE.compress(TEXT) == TEXT


def test_extensions() -> None:
    assert [each.extension for each in Compression] == ["", ".gz", ".zst"]
