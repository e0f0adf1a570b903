"""UNLOAD: the rows of a query as files in a folder, which appear together or not at all.

Rules: Athena's documentation of UNLOAD. Files are written beside the folder and moved there in one
step; what a process that was killed has left there, the next UNLOAD beside it removes.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from errno import ENOTEMPTY
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.athena.errors import AthenaError
from lakehouse.athena.external.partitions import NULL, escaped
from lakehouse.athena.render import renderer
from lakehouse.athena.statements import values as v
from lakehouse.athena.translation import Translation
from lakehouse.athena.types import Type, engine_type, identifier
from lakehouse.athena.writing.unload_files import (
    COMPRESSIONS,
    Output,
    Writer,
    open_writer,
    stored_schema,
)

_BESIDE = ".unload-"
_MOST_PARTITIONS = 100
_KNOWN = ("format", "compression", "compression_level", "field_delimiter", "partitioned_by")
_LEVEL = re.compile(r"[1-9]|1[0-9]|2[0-2]")


@dataclass(frozen=True)
class Unloading:
    """What WITH says of the files, for the columns of the query."""

    output: Output
    keys: tuple[tuple[str, Type], ...]


def unloading(statement: v.Unload, made: Translation) -> Unloading:
    """The files that are asked for. Raises INVALID_TABLE_PROPERTY and DUPLICATE_COLUMN_NAME."""
    given = statement.properties
    for name in given:
        if name not in _KNOWN:
            _refuse(f"Unable to set unload property '{name}'", f"there are: {', '.join(_KNOWN)}")
    columns = _columns(made)
    keys = _keys(given.get("partitioned_by", ()), columns)
    kind = str(given.get("format", "parquet")).lower()
    if kind not in COMPRESSIONS:
        _refuse(f"Unsupported unload format: {kind}", f"there are: {', '.join(COMPRESSIONS)}")
    compression = str(given.get("compression", "gzip")).lower()
    known = COMPRESSIONS[kind]
    if compression not in known:
        message = f"Compression {compression} is not supported for {kind}"
        _refuse(message, f"there are: {', '.join(known)}")
    if "field_delimiter" in given and kind != "textfile":
        _refuse("field_delimiter is for format = 'TEXTFILE'", "leave it out")
    delimiter = str(given.get("field_delimiter", "\x01"))
    if len(delimiter) != 1:
        _refuse("field_delimiter must be a single character", "such as ',' or '|'")
    level = given.get("compression_level")
    zstd = (kind, compression) == ("parquet", "zstd")
    if level is not None and not (zstd and _LEVEL.fullmatch(str(level))):
        _refuse("compression_level is for Parquet in ZSTD, from 1 to 22", "leave it out")
    written = columns[: len(columns) - len(keys)]
    chosen = Output(
        kind, known[compression], written, delimiter, None if level is None else int(str(level))
    )
    stored_schema(chosen)
    return Unloading(chosen, tuple(keys))


def query(made: Translation) -> str:
    """The engine's query, its columns by the names and the types of the files."""
    items = ", ".join(
        f"CAST(c{i} AS {engine_type(kind)}) AS {identifier(name)}"
        for i, (name, kind) in enumerate(_columns(made))
    )
    aliases = ", ".join(f"c{i}" for i in range(len(made.names)))
    return f"SELECT {items} FROM ({made.sql}) AS made({aliases})"


def unload(batches: Iterator[pa.RecordBatch], asked: Unloading, folder: Path) -> int:
    """Write the rows as files in the folder; how many there were.

    Raises HIVE_PATH_ALREADY_EXISTS when anything is in the folder, HIVE_TOO_MANY_OPEN_PARTITIONS,
    HIVE_WRITER_DATA_ERROR for a disk that is full.
    """
    refuse_used(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _beside(folder) as place:
            count = _Files(asked, place).write_all(batches)
            try:
                place.rename(folder)
            except OSError as e:
                if e.errno == ENOTEMPTY or folder.exists():
                    raise _used(folder) from e
                raise
            return count
    except (OSError, pa.ArrowException) as e:
        reason = str(e).partition("\n")[0]
        message = f"The files in {folder} can't be written: {reason}"
        raise AthenaError("HIVE_WRITER_DATA_ERROR", message) from e


def refuse_used(folder: Path) -> None:
    """Raise HIVE_PATH_ALREADY_EXISTS when there is anything in the way."""
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise _used(folder)


def _used(folder: Path) -> AthenaError:
    message = f"Target directory already exists and is not empty: {folder}"
    return AthenaError("HIVE_PATH_ALREADY_EXISTS", message, hint="UNLOAD to another folder")


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A folder beside, ours alone; whose is left of processes that ended are removed."""
    for left in folder.parent.glob(f"{_BESIDE}*"):
        with suppress(OSError), _locked(left):
            shutil.rmtree(left)
    place = folder.parent / f"{_BESIDE}{uuid4().hex}"
    place.mkdir()
    try:
        with _locked(place):
            yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


@dataclass
class _Files:
    """The writers of a run, one for each partition."""

    asked: Unloading
    place: Path
    writers: dict[str, Writer] = field(default_factory=dict)

    def write_all(self, batches: Iterator[pa.RecordBatch]) -> int:
        count = 0
        keys = [name for name, _ in self.asked.keys]
        schema = stored_schema(self.asked.output)
        for batch in batches:
            rows = pa.Table.from_batches([batch])
            count += len(rows)
            for folder, part in self._parted(rows):
                self._writer(folder, schema).write(part.drop_columns(keys).cast(schema))
        for writer in self.writers.values():
            writer.close()
        return count

    def _writer(self, folder: str, schema: pa.Schema) -> Writer:
        if folder not in self.writers:
            if len(self.writers) == _MOST_PARTITIONS and self.asked.keys:
                message = f"Exceeded limit of {_MOST_PARTITIONS} open writers for partitions"
                raise AthenaError("HIVE_TOO_MANY_OPEN_PARTITIONS", message)
            place = self.place / folder
            place.mkdir(parents=True, exist_ok=True)
            ending = self.asked.output.ending
            self.writers[folder] = open_writer(
                self.asked.output, schema, lambda: place / f"{uuid4().hex}{ending}"
            )
        return self.writers[folder]

    def _parted(self, rows: pa.Table) -> Iterator[tuple[str, pa.Table]]:
        if not self.asked.keys:
            if len(rows):
                yield "", rows
            return
        texts = [
            pa.array([_text(value, made) for value in rows.column(name).to_pylist()], pa.string())
            for name, made in self.asked.keys
        ]
        folders = pa.array(
            "/".join(names) for names in zip(*_named(self.asked.keys, texts), strict=True)
        )
        for folder in pc.unique(folders).to_pylist():
            yield folder, rows.filter(pc.equal(folders, folder))


def _named(keys: Sequence[tuple[str, Type]], texts: Sequence[pa.Array]) -> list[list[str]]:
    return [
        [f"{name}={value}" for value in values.to_pylist()]
        for (name, _), values in zip(keys, texts, strict=True)
    ]


def _text(value: object, made: Type) -> str:
    return NULL if value is None else escaped(renderer(made)(value))


def _columns(made: Translation) -> list[tuple[str, Type]]:
    names = [name.lower() for name in made.names]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        message = f"Column name '{min(repeated)}' specified more than once"
        raise AthenaError("DUPLICATE_COLUMN_NAME", message)
    return list(zip(names, made.types, strict=True))


def _keys(given: object, columns: Sequence[tuple[str, Type]]) -> list[tuple[str, Type]]:
    if not isinstance(given, tuple):
        _refuse("partitioned_by is an array", "partitioned_by = ARRAY['country']")
    wanted = [str(name).lower() for name in given]  # type: ignore[attr-defined]
    last = list(columns[len(columns) - len(wanted) :]) if wanted else []
    if [name for name, _ in last] != wanted:
        message = f"Partition columns must be the last of the query, in order: {', '.join(wanted)}"
        _refuse(message, "name them last in SELECT")
    if wanted and len(wanted) == len(columns):
        _refuse("No column is left beside the partition columns", "select another one")
    if any(made.children for _, made in last):
        _refuse("A partition column can't be nested", "partition by plain columns")
    return last


def _refuse(message: str, hint: str) -> None:
    raise AthenaError("INVALID_TABLE_PROPERTY", message, hint=hint)
