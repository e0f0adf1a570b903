"""Files that survive a power cut: synced to the disk before anything refers to them."""

import os
from collections.abc import Iterable
from pathlib import Path


def sync_files(files: Iterable[Path]) -> None:
    """Wait until the files and the entries of their folders are on the disk."""
    files = list(files)
    for path in [*files, *{file.parent for file in files}]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
