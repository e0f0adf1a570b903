"""How objects are compressed, and what their names end with then.

Firehose also knows ZIP and two framings of Snappy, which are not here; zstd is not Firehose's.
"""

from collections.abc import Callable
from enum import StrEnum

import pyarrow as pa
from isal import igzip


class Compression(StrEnum):
    """What is done to the content of an object; buffers are counted before it."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"

    @property
    def extension(self) -> str:
        """What names end with by default."""
        return {Compression.NONE: "", Compression.GZIP: ".gz", Compression.ZSTD: ".zst"}[self]

    def compress(self, content: bytes) -> bytes:
        """The content as it is stored; the same for the same content."""
        functions: dict[Compression, Callable[[bytes], bytes]] = {
            Compression.GZIP: lambda plain: igzip.compress(plain, mtime=0),
            Compression.ZSTD: lambda plain: pa.compress(plain, codec="zstd", asbytes=True),
        }
        function = functions.get(self)
        return function(content) if function else content
