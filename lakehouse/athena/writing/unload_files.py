"""The files of UNLOAD: one writer a format, each of one file that is whole when it is closed.

Formats and compressions: Athena's documentation of UNLOAD.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import orc

from lakehouse.athena.errors import AthenaError
from lakehouse.athena.render import renderer
from lakehouse.athena.types import Type, field_names
from lakehouse.athena.writing import avro
from lakehouse.athena.writing.avro import AvroFile
from lakehouse.catalog.durability import create_synced

# How each format calls the compressions that it has; gzip is Athena's default for all of them.
COMPRESSIONS: Mapping[str, Mapping[str, str]] = {
    "parquet": {"gzip": "gzip", "snappy": "snappy", "zstd": "zstd", "lz4": "lz4", "none": "none"},
    "orc": {
        "gzip": "zlib", "zlib": "zlib", "snappy": "snappy", "zstd": "zstd", "lz4": "lz4",
        "none": "uncompressed",
    },
    "avro": {
        "gzip": "deflate", "deflate": "deflate", "snappy": "snappy", "none": "uncompressed",
    },
    "json": {"gzip": "gzip", "bzip2": "bz2", "zstd": "zstd", "none": ""},
    "textfile": {"gzip": "gzip", "bzip2": "bz2", "zstd": "zstd", "none": ""},
}  # fmt: skip
_ENDS = {"parquet": ".parquet", "orc": ".orc", "avro": ".avro", "json": ".json", "textfile": ".txt"}
_COMPRESSED = {"gzip": ".gz", "bz2": ".bz2", "zstd": ".zst"}
_NULL = "\\N"
_SEPARATORS = tuple(chr(i) for i in range(2, 10))

Columns = Sequence[tuple[str, Type]]


@dataclass(frozen=True)
class Output:
    """How files are written: `compression` as the format calls it."""

    format: str
    compression: str
    columns: Columns
    delimiter: str = "\x01"
    level: int | None = None

    @property
    def ending(self) -> str:
        """What the names of the files end with."""
        text = self.format in ("json", "textfile")
        return _ENDS[self.format] + (_COMPRESSED.get(self.compression, "") if text else "")


def stored_schema(output: Output) -> pa.Schema:
    """The columns as the format stores them. Raises NOT_SUPPORTED for a type it has none for."""
    if output.format == "avro":
        avro.check(output.columns)
    return pa.schema([(name, _stored(name, made, output.format)) for name, made in output.columns])


_STORED = {
    "boolean": pa.bool_(), "tinyint": pa.int8(), "smallint": pa.int16(), "integer": pa.int32(),
    "bigint": pa.int64(), "real": pa.float32(), "double": pa.float64(), "varchar": pa.string(),
    "char": pa.string(), "varbinary": pa.binary(), "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}  # fmt: skip


def _stored(name: str, made: Type, kind: str) -> pa.DataType:
    if made.base == "decimal":
        return pa.decimal128(made.precision, made.scale)
    if made.base == "array":
        return pa.list_(_stored(name, made.element, kind))
    if made.base == "map":
        return pa.map_(*(_stored(name, child, kind) for child in made.children))
    if made.base == "row":
        parts = zip(field_names(made), made.children, strict=True)
        return pa.struct([(part, _stored(name, child, kind)) for part, child in parts])
    if made.base not in _STORED:
        message = f"Column '{name}' of type {made} has no type in {kind} files"
        raise AthenaError("NOT_SUPPORTED", message, hint="cast it to varchar")
    return _STORED[made.base]


class Writer(Protocol):
    """Writes files of one folder."""

    def write(self, rows: pa.Table) -> None:
        """Take rows."""

    def close(self) -> None:
        """Write what is left."""


def open_writer(output: Output, schema: pa.Schema, path: Callable[[], Path]) -> Writer:
    """A writer; `path` names the next file."""
    stack = ExitStack()
    stream = stack.enter_context(create_synced(path()))
    if output.format == "avro":
        return _Avro(stack, AvroFile(stream, output.columns, output.compression))
    if output.format == "parquet":
        made: AbstractContextManager[Any] = pq.ParquetWriter(
            stream, schema, compression=output.compression, compression_level=output.level
        )
        return _Arrow(stack, stack.enter_context(made).write_table)
    if output.format == "orc":
        made = orc.ORCWriter(stream, compression=output.compression)
        return _Arrow(stack, stack.enter_context(made).write)
    if output.compression:
        stream = stack.enter_context(pa.CompressedOutputStream(stream, output.compression))
    line = _json_line(output.columns) if output.format == "json" else _text_line(output)
    return _Lines(stack, stream, line)


@dataclass
class _Arrow:
    stack: ExitStack
    put: Callable[[pa.Table], None]

    def write(self, rows: pa.Table) -> None:
        self.put(rows)

    def close(self) -> None:
        self.stack.close()


@dataclass
class _Lines:
    stack: ExitStack
    stream: pa.NativeFile
    line: Callable[[Sequence[Any]], str]

    def write(self, rows: pa.Table) -> None:
        columns = [column.to_pylist() for column in rows.columns]
        lines = (self.line(row) for row in zip(*columns, strict=True))
        self.stream.write("".join(f"{line}\n" for line in lines).encode())

    def close(self) -> None:
        self.stack.close()


@dataclass
class _Avro:
    stack: ExitStack
    file: AvroFile

    def write(self, rows: pa.Table) -> None:
        self.file.write(rows)

    def close(self) -> None:
        self.file.flush()
        self.stack.close()


def _json_line(columns: Columns) -> Callable[[Sequence[Any]], str]:
    shapes = [(name, _json_value(made)) for name, made in columns]

    def line(row: Sequence[Any]) -> str:
        pairs = zip(shapes, row, strict=True)
        return json.dumps({name: shaped(v) for (name, shaped), v in pairs}, ensure_ascii=False)

    return line


def _json_value(made: Type) -> Callable[[Any], Any]:
    """What of a value JSON can say; the rest is Athena's text."""
    if made.base == "array":
        item = _json_value(made.element)
        return lambda value: None if value is None else [item(each) for each in value]
    if made.base == "map":
        key, of = renderer(made.children[0]), _json_value(made.children[1])
        return lambda value: None if value is None else {key(k): of(v) for k, v in value}
    if made.base == "row":
        parts = [(n, _json_value(t)) for n, t in zip(field_names(made), made.children, strict=True)]
        return lambda value: None if value is None else {n: of(value[n]) for n, of in parts}
    if made.base in ("boolean", "tinyint", "smallint", "integer", "bigint", "varchar", "char"):
        return lambda value: value
    text = renderer(made)
    if made.base in ("double", "real", "decimal"):
        # JSON has no NaN and no Infinity: they are texts.
        return lambda value: None if value is None else _number(text(value))
    return lambda value: None if value is None else text(value)


def _number(text: str) -> Any:  # noqa: ANN401 - a number, or the text of what JSON has none for
    return text if text.strip("-")[:1].isalpha() else json.loads(text, parse_float=_Written)


class _Written(float):
    """A number with the digits it was written with."""

    def __new__(cls, text: str) -> "_Written":
        made = super().__new__(cls, text)
        made.text = text  # type: ignore[attr-defined]
        return made

    def __repr__(self) -> str:
        return str(self.text)  # type: ignore[attr-defined]


def _text_line(output: Output) -> Callable[[Sequence[Any]], str]:
    texts = [_text_value(made, 0) for _, made in output.columns]
    return lambda row: output.delimiter.join(
        text(value) for text, value in zip(texts, row, strict=True)
    )


def _text_value(made: Type, depth: int) -> Callable[[Any], str]:
    """As LazySimpleSerDe reads it: separators by depth, and a text for NULL."""
    own = _SEPARATORS[depth]
    if made.base == "array":
        item = _text_value(made.element, depth + 1)
        return lambda value: _NULL if value is None else own.join(map(item, value))
    if made.base == "map":
        key, of = (_text_value(child, depth + 2) for child in made.children)
        between = _SEPARATORS[depth + 1]
        return lambda value: (
            _NULL if value is None else own.join(f"{key(k)}{between}{of(v)}" for k, v in value)
        )
    if made.base == "row":
        parts = [_text_value(child, depth + 1) for child in made.children]
        return lambda value: (
            _NULL
            if value is None
            else own.join(of(v) for of, v in zip(parts, value.values(), strict=True))
        )
    text = renderer(made)
    return lambda value: _NULL if value is None else text(value)
