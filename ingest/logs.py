"""The files of a source and the logs in them: text, gzip, or the sheets of a workbook."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from io import BufferedIOBase, BytesIO
from pathlib import Path

from isal import igzip
from isal.igzip_lib import IsalError

from ingest.workbooks import sheet_texts
from lakehouse.errors import SourceError

# A rotated file: `access.log.1`, `access.log-20260131`, either with .gz.
_ROTATED = re.compile(r"[.-][0-9]+$")
# Where Firehose and its like put objects: nobody writes to one that is there.
_OBJECT = re.compile(r"/[0-9]{4}/[0-9]{2}/[0-9]{2}/[0-9]{2}/[^/]+$")

_HIDDEN = (".", "~$")

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

    @property
    def keyed(self) -> bool:
        """Whether it is an object of a landed prefix: known by its path, not by its content."""
        return is_object(self.path)

    @property
    def complete(self) -> bool:
        """Whether nobody writes to it any more, once it keeps still."""
        return self.sealed or self.keyed

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


def logs_below(folder: Path, suffixes: Sequence[str]) -> list[Path]:
    """The paths, below the folder, of its files that count as logs, in natural order.

    Those count that have one of the suffixes, also with .gz and rotated ones, and all objects of
    a landed prefix. Hidden files and Excel's lock files don't, nor what is no file: a pipe, which
    would be waited for, or a link to nothing.
    """
    counting = (path for path in _below(folder) if _is_log(folder, path, tuple(suffixes)))
    return sorted((path for path in counting if (folder / path).is_file()), key=natural)


def is_object(path: Path) -> bool:
    """Whether the file lies in a landed prefix, below folders `yyyy/MM/dd/HH`."""
    return _OBJECT.search(path.as_posix()) is not None


def _below(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise error  # os.walk would pass over a folder that must not be read

    for place, folders, names in os.walk(folder, onerror=refuse):
        # A home may lie in there too, whose files grow with every delivery.
        folders[:] = [each for each in folders if not each.startswith(_HIDDEN)]
        below = Path(place).relative_to(folder)
        for name in names:
            yield below / name


def identify(path: Path, name: str) -> LogFile:
    """The file, by its first bytes. Raises SourceError when no log can be read from it."""
    with path.open("rb") as stream:
        start = stream.read(8)
        size = stream.seek(0, 2)
    for magic, (what, hint) in _FOREIGN.items():
        if start.startswith(magic):
            raise SourceError(f"{path} is {what}, not a log that can be landed", hint=hint)
    kinds = (kind for kind in (Kind.GZIP, Kind.WORKBOOK) if start.startswith(kind.value))
    return LogFile(path, name, next(kinds, Kind.TEXT), size)


def _is_log(folder: Path, path: Path, suffixes: tuple[str, ...]) -> bool:
    if path.name.startswith(_HIDDEN):
        return False
    name = _ROTATED.sub("", path.name.lower().removesuffix(".gz"))
    return name.endswith(suffixes) or is_object(folder / path)


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
