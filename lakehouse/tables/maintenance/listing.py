"""The files that lie in a folder, on this machine or in an object store."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from pyarrow.fs import FileSelector, FileType
from pyiceberg.io import FileIO
from pyiceberg.io.pyarrow import PyArrowFileIO

from lakehouse.catalog.locations import path_of


@dataclass(frozen=True)
class Listed:
    """A file: its location as `plain` has it, when it was last written, and its bytes."""

    location: str
    written_at: datetime
    bytes: int


def list_files(io: FileIO, folder: str) -> Iterator[Listed]:
    """Every file below a folder; nothing where the folder is not, or can't be listed."""
    if path_of(folder):
        yield from _on_this_machine(folder)
    elif isinstance(io, PyArrowFileIO):
        yield from _in_a_store(io, folder)


def _on_this_machine(folder: str) -> Iterator[Listed]:
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)  # noqa: PTH118 - for a million files, Path is slow
            try:
                found = os.lstat(path)
            except FileNotFoundError:  # removed since it was listed
                continue
            yield Listed(path, datetime.fromtimestamp(found.st_mtime, UTC), found.st_size)


def _in_a_store(io: PyArrowFileIO, folder: str) -> Iterator[Listed]:
    scheme, _, path = folder.partition("://")
    store = io.fs_by_scheme(scheme, path.partition("/")[0])
    for found in store.get_file_info(FileSelector(path, recursive=True, allow_not_found=True)):
        if found.type == FileType.File:
            yield Listed(f"{scheme}://{found.path}", found.mtime, found.size)
