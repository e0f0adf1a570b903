"""Reading a log in blocks of whole lines, in bounded memory."""

from collections.abc import Iterator
from typing import BinaryIO

BLOCK_BYTES = 16 << 20


def whole_lines(stream: BinaryIO, size: int = BLOCK_BYTES) -> Iterator[bytes]:
    """The rest of the stream as blocks of whole lines of about `size` bytes.

    Only the last block may end without a newline.
    """
    pending = b""
    while got := stream.read(size):
        cut = got.rfind(b"\n") + 1
        if cut:
            yield pending + got[:cut]
            pending = got[cut:]
        else:
            pending += got
    if pending:
        yield pending
