"""The one file in a zip archive, as Glue takes them; Athena itself reads no archives."""

import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO
from zipfile import BadZipFile, ZipFile, ZipInfo

ENDING = ".zip"
_ENCRYPTED = 0x1


def open_zipped(path: str | Path) -> IO[bytes]:
    """The file in the archive, decompressed as it is read.

    Raises OSError for an archive that is damaged, encrypted, or does not hold one file.
    """
    with ExitStack() as opened, _told():
        archive = opened.enter_context(ZipFile(path))
        member = archive.open(_only_file(archive))
        opened.pop_all()  # the archive ends with who reads it
        return member


def _only_file(archive: ZipFile) -> ZipInfo:
    files = [member for member in archive.infolist() if not member.is_dir()]
    if len(files) != 1:
        raise OSError(f"the zip file holds {len(files)} files, and only one alone is read")
    if files[0].flag_bits & _ENCRYPTED:
        raise OSError("the zip file is encrypted")
    return files[0]


def start_of_zipped(path: Path, limit: int) -> tuple[bytes, bool]:
    """At most `limit` bytes of the file in the archive, and whether that is all. Raises OSError."""
    with open_zipped(path) as member, _told():
        start = member.read(limit)
        return start, not member.read(1)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (BadZipFile, zlib.error, NotImplementedError, EOFError) as e:
        raise OSError(f"the zip file is damaged: {e}") from e
