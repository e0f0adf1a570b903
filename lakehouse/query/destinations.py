"""Where a result is written: standard output, or a file that appears whole or not at all."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4


@contextmanager
def destination(file: Path | None) -> Iterator[BinaryIO]:
    """A place to write bytes to; None is standard output.

    A file is written beside its place and moved there when the block ends well; otherwise what
    lay there stays as it was. A link keeps pointing where it did; a pipe or device is written
    to as it is.

    Raises OSError.
    """
    if file is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if file.exists() and not file.is_file():
        with file.open("wb") as opened:
            yield opened
        return
    place = Path(os.path.realpath(file))
    beside = place.with_name(f".{place.name}.{uuid4().hex[:8]}.tmp")
    try:
        with beside.open("xb") as opened:
            yield opened
        if place.exists():
            shutil.copymode(place, beside)
        beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)
