"""The files of a source and the logs in them: text, gzip, or the sheets of a workbook."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from io import BufferedIOBase, BytesIO
from pathlib import Path

from isal import igzip
from isal.igzip_lib import IsalError

from ingest.workbooks import sheet_texts
from lakehouse.errors import SourceError

SUFFIXES = (".csv", ".log", ".csv.gz", ".log.gz", ".xlsx")

_FOREIGN = {
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook (.xls)", "save it as .xlsx or .csv"),
    b"BZh": ("compressed with bzip2", "decompress it, or compress it with gzip"),
    b"\xfd7zXZ": ("compressed with xz", "decompress it, or compress it with gzip"),
    b"\x28\xb5\x2f\xfd": ("compressed with zstd", "decompress it, or compress it with gzip"),
    b"PAR1": ("a Parquet file", "land the log it was made of"),
    b"\xff\xfe": ("UTF-16 text", "save it as UTF-8"),
    b"\xfe\xff": ("UTF-16 text", "save it as UTF-8"),
}


class Kind(Enum):
    """What a file is, by its first bytes; its name does not matter."""

    TEXT = b""
    GZIP = b"\x1f\x8b"
    WORKBOOK = b"PK\x03\x04"


@dataclass(frozen=True)
class LogFile:
    """A file of a source. `name` is its path below the source."""

    path: Path
    name: str
    kind: Kind
    size: int

    @property
    def sealed(self) -> bool:
        """Whether it is landed whole or not at all: what ends with a checksum is damaged without.

        A text file may still be written to, and is landed as far as it goes.
        """
        return self.kind is not Kind.TEXT

    def logs(self, rows: int | None = None) -> Iterator["Log"]:
        """The logs in it: one, or one for each sheet that is not empty.

        Of a sheet, `rows` rows are read (None: all). Raises SourceError for a file that is no
        workbook though it looks like one.
        """
        if self.kind is not Kind.WORKBOOK:
            yield Log(self.name, self)
            return
        for sheet, text in sheet_texts(self.path, rows):
            yield Log(f"{self.name}#{sheet}", self, text)


@dataclass(frozen=True)
class Log:
    """A stream of lines with a header. `name` is what the landing table calls it."""

    name: str
    file: LogFile
    sheet: bytes = b""

    @contextmanager
    def open(self) -> Iterator[BufferedIOBase]:
        """Its text from the first byte, decompressed.

        Raises SourceError, also while it is read, when the file turns out to be damaged.
        """
        if self.file.kind is Kind.WORKBOOK:
            yield BytesIO(self.sheet)
        elif self.file.kind is Kind.TEXT:
            with self.file.path.open("rb") as stream:
                yield stream
        else:
            with igzip.IGzipFile(self.file.path, "rb") as stream, _intact(self.file.path):
                yield stream


def stored_position(stream: BufferedIOBase) -> int:
    """How many bytes of its file a log's stream has used up, about."""
    compressed: BufferedIOBase | None = getattr(stream, "fileobj", None)
    return (compressed or stream).tell()


def find_files(source: Path) -> list[LogFile]:
    """The files of a source: itself, or those below a folder, in natural order.

    A folder's files count by their suffix (.csv, .log, either with .gz, .xlsx); hidden ones and
    Excel's lock files don't, nor do empty ones. Raises SourceError when there is nothing to
    read, or something that no log can be read from; OSError when it must not be read.
    """
    if source.is_dir():
        files = [identify(source / path, path.as_posix()) for path in logs_below(source)]
        if not (files := [file for file in files if file.size]):
            hint = f"what counts in a folder: {', '.join(SUFFIXES)}"
            raise SourceError(f"no logs in {source}", hint=hint)
        return files
    if not source.exists():
        raise SourceError(f"no file or folder {source}", hint="check the path")
    file = identify(source, source.name)
    if not file.size:
        raise SourceError(f"{source} is empty", hint="an order log begins with a header line")
    return [file]


def logs_below(folder: Path) -> list[Path]:
    """The paths, below the folder, of its files that count as logs, in natural order."""
    return sorted(filter(_is_log, _below(folder)), key=natural)


def _below(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise error  # os.walk would pass over a folder that must not be read

    for place, _, names in os.walk(folder, onerror=refuse):
        for name in names:
            yield Path(place, name).relative_to(folder)


def identify(path: Path, name: str) -> LogFile:
    """The file, by its first bytes. Raises SourceError when no log can be read from it."""
    with path.open("rb") as stream:
        start = stream.read(8)
        size = stream.seek(0, 2)
    for magic, (what, hint) in _FOREIGN.items():
        if start.startswith(magic):
            raise SourceError(f"{path} is {what}, not an order log", hint=hint)
    kinds = (kind for kind in (Kind.GZIP, Kind.WORKBOOK) if start.startswith(kind.value))
    return LogFile(path, name, next(kinds, Kind.TEXT), size)


def _is_log(path: Path) -> bool:
    hidden = any(part.startswith((".", "~$")) for part in path.parts)
    return not hidden and path.name.lower().endswith(SUFFIXES)


def natural(path: Path) -> list[tuple[int, int, str]]:
    """A key that puts orders-2 before orders-10."""
    parts = re.split(r"([0-9]+)", path.as_posix())
    return [(n % 2, int(part) if n % 2 else 0, part) for n, part in enumerate(parts)]


@contextmanager
def _intact(path: Path) -> Iterator[None]:
    try:
        yield
    except (EOFError, igzip.BadGzipFile, IsalError) as e:
        raise SourceError(
            f"{path} is a damaged gzip file: {e}; nothing of it was landed",
            hint="fetch it again, or land what can be read: gzip -dc FILE > rescued.csv",
        ) from e
