"""The logs of a source: plain files, gzip files and the sheets of a workbook, as text."""

import gzip
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from ingest.workbooks import sheet_texts
from lakehouse.errors import MachineError, SourceError

SUFFIXES = (".csv", ".log", ".csv.gz", ".log.gz", ".xlsx")

_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_FOREIGN = {
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook (.xls)", "save it as .xlsx or .csv"),
    b"BZh": ("compressed with bzip2", "decompress it, or compress it with gzip"),
    b"\xfd7zXZ": ("compressed with xz", "decompress it, or compress it with gzip"),
    b"\x28\xb5\x2f\xfd": ("compressed with zstd", "decompress it, or compress it with gzip"),
    b"PAR1": ("a Parquet file", "land the log it was made of"),
    b"\xff\xfe": ("UTF-16 text", "save it as UTF-8"),
    b"\xfe\xff": ("UTF-16 text", "save it as UTF-8"),
}


class Log(Protocol):
    """A stream of lines with a header.

    A sealed log is landed whole or not at all; another may still be written to, and is landed
    as far as it goes.
    """

    @property
    def name(self) -> str:
        """What the landing table calls it: its path below the source."""

    @property
    def path(self) -> Path:
        """The file it is in."""

    @property
    def sealed(self) -> bool:
        """Whether it only counts when it can be read to its end."""

    def open(self) -> BinaryIO:
        """Its text from the first byte, decompressed. Seeking forward is allowed."""


@dataclass(frozen=True)
class PlainLog:
    """A text file."""

    name: str
    path: Path
    sealed = False

    def open(self) -> BinaryIO:
        """The bytes of the file."""
        return self.path.open("rb")


@dataclass(frozen=True)
class GzipLog:
    """A gzip file; its checksum stands at its end, so it is sealed."""

    name: str
    path: Path
    sealed = True

    def open(self) -> BinaryIO:
        """The decompressed bytes."""
        return cast("BinaryIO", gzip.open(self.path, "rb"))


@dataclass(frozen=True)
class SheetLog:
    """One sheet of a workbook, as the CSV text it would be saved as."""

    name: str
    path: Path
    text: bytes
    sealed = True

    def open(self) -> BinaryIO:
        """The sheet as CSV."""
        return io.BytesIO(self.text)


def find_logs(source: Path) -> list[Path]:
    """The files of a source: itself, or those below a folder, in natural order.

    A folder's files count by their suffix (.csv, .log, either with .gz, .xlsx); hidden ones and
    Excel's lock files don't. Raises SourceError when there is nothing to read.
    """
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise SourceError(f"no file or folder {source}", hint="check the path")
    files = [file for file in source.rglob("*") if _is_log(file.relative_to(source))]
    if not files:
        wanted = ", ".join(SUFFIXES)
        raise SourceError(
            f"no logs in {source}", hint=f"files of a folder count by suffix: {wanted}"
        )
    return sorted((f for f in files if f.is_file()), key=lambda f: _natural(f.relative_to(source)))


def open_logs(file: Path, source: Path) -> Iterator[Log]:
    """The logs in a file: one, or one a sheet.

    Raises SourceError when the file is empty or something else than text, gzip or .xlsx, and
    MachineError when it must not be read.
    """
    name = file.name if file == source else file.relative_to(source).as_posix()
    start = _first_bytes(file)
    if not start:
        raise SourceError(f"{file} is empty", hint="an order log begins with a header line")
    for magic, (what, hint) in _FOREIGN.items():
        if start.startswith(magic):
            raise SourceError(f"{file} is {what}, not an order log", hint=hint)
    if start.startswith(_GZIP):
        yield GzipLog(name, file)
    elif start.startswith(_ZIP):
        for sheet, text in sheet_texts(file):
            yield SheetLog(f"{name}#{sheet}", file, text)
    else:
        yield PlainLog(name, file)


def _first_bytes(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(8)
    except PermissionError as e:
        raise MachineError(f"{file} can't be read: permission denied", hint="check its mode") from e


def _is_log(path: Path) -> bool:
    hidden = any(part.startswith((".", "~$")) for part in path.parts)
    return not hidden and path.name.lower().endswith(SUFFIXES)


def _natural(path: Path) -> list[tuple[int, int, str]]:
    """A key that puts orders-2 before orders-10."""
    parts = re.split(r"(\d+)", path.as_posix())
    return [(1, int(p), p) if p.isdigit() else (0, 0, p) for p in parts]
