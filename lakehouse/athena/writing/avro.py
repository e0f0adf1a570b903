"""Avro object container files, written as rows arrive: https://avro.apache.org/docs/1.11.1/.

Types and logical types are those that Hive and Trino read: a timestamp counts milliseconds, or
microseconds where it has more than three digits; a map has texts for keys. A decimal is refused:
the engine reads one as bytes.
"""

import json
import os
import re
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, BinaryIO

import pyarrow as pa

from lakehouse.athena.errors import AthenaError
from lakehouse.athena.types import Type, field_names, is_text

Columns = Sequence[tuple[str, Type]]
# What writes one value at the end of a block.
Encoder = Callable[[Any, bytearray], None]

_BLOCK = 1 << 16  # bytes of rows before compression
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - timestamps without a zone
_PLAIN = {
    "boolean": "boolean", "tinyint": "int", "smallint": "int", "integer": "int", "bigint": "long",
    "real": "float", "double": "double", "varchar": "string", "char": "string",
    "varbinary": "bytes",
}  # fmt: skip


class AvroFile:
    """One file: a header, then blocks of rows with the file's mark behind each."""

    def __init__(self, stream: BinaryIO, columns: Columns, codec: str) -> None:
        self._stream = stream
        self._codec = codec
        self._mark = os.urandom(16)
        self._row = _row_encoder([made for _, made in columns])
        self._block = bytearray()
        self._count = 0
        stream.write(self._header(columns))

    def _header(self, columns: Columns) -> bytes:
        schema = json.dumps(_record(columns, _names("row")), ensure_ascii=False)
        codec = {"uncompressed": "null"}.get(self._codec, self._codec)
        header = bytearray(b"Obj\x01")
        _long(2, header)
        for name, value in (("avro.schema", schema), ("avro.codec", codec)):
            _text(name, header)
            _text(value, header)
        _long(0, header)
        return bytes(header + self._mark)

    def write(self, rows: pa.Table) -> None:
        """Take rows, in the columns' order."""
        for row in zip(*(column.to_pylist() for column in rows.columns), strict=True):
            self._row(row, self._block)
            self._count += 1
            if len(self._block) >= _BLOCK:
                self.flush()

    def flush(self) -> None:
        """Write the block that was begun, if one was."""
        if not self._count:
            return
        body = _compressed(bytes(self._block), self._codec)
        head = bytearray()
        _long(self._count, head)
        _long(len(body), head)
        self._stream.write(bytes(head) + body + self._mark)
        self._block, self._count = bytearray(), 0


def _compressed(block: bytes, codec: str) -> bytes:
    if codec == "deflate":
        made = zlib.compressobj(wbits=-15)
        return made.compress(block) + made.flush()
    if codec == "snappy":
        squeezed: bytes = pa.compress(block, codec="snappy", asbytes=True)
        return squeezed + struct.pack(">I", zlib.crc32(block))
    return block


# --- the schema ---


def check(columns: Columns) -> None:
    """Raise NOT_SUPPORTED for a column that Avro has no name or no type for."""
    _record(columns, _names("row"))


def _names(start: str) -> Iterator[str]:
    """A record's name must be the only one of its kind."""
    yield start
    number = 0
    while True:
        number += 1
        yield f"{start}{number}"


def _record(fields: Columns, names: Iterator[str]) -> dict[str, Any]:
    made = {"type": "record", "name": next(names)}
    parts = [{"name": _named(n), "type": ["null", _schema(n, t, names)]} for n, t in fields]
    return {**made, "fields": parts}


def _named(name: str) -> str:
    if _NAME.fullmatch(name):
        return name
    message = f"Column '{name}': names in Avro files are of letters, digits and _"
    raise AthenaError("NOT_SUPPORTED", message, hint="rename it with AS")


def _schema(column: str, made: Type, names: Iterator[str]) -> Any:  # noqa: ANN401 - JSON
    if made.base in _PLAIN:
        return _PLAIN[made.base]
    if made.base == "date":
        return {"type": "int", "logicalType": "date"}
    if made.base == "timestamp":
        kind = "millis" if made.precision <= 3 else "micros"
        return {"type": "long", "logicalType": f"timestamp-{kind}"}
    if made.base == "array":
        return {"type": "array", "items": ["null", _schema(column, made.element, names)]}
    if made.base == "map" and is_text(made.children[0]):
        return {"type": "map", "values": ["null", _schema(column, made.children[1], names)]}
    if made.base == "row":
        return _record(list(zip(field_names(made), made.children, strict=True)), names)
    message = f"Column '{column}' of type {made} has no type in avro files"
    raise AthenaError("NOT_SUPPORTED", message, hint="cast it to varchar")


# --- values ---


def _long(value: int, block: bytearray) -> None:
    value = (value << 1) ^ (value >> 63)
    while value > 0x7F:
        block.append(value & 0x7F | 0x80)
        value >>= 7
    block.append(value)


def _bytes(value: bytes, block: bytearray) -> None:
    _long(len(value), block)
    block += value


def _text(value: str, block: bytearray) -> None:
    _bytes(value.encode(), block)


def _packed(code: str) -> Encoder:
    packer = struct.Struct(code)

    def encode(value: float, block: bytearray) -> None:
        block += packer.pack(value)

    return encode


def _date(value: date, block: bytearray) -> None:
    _long(value.toordinal() - _EPOCH.toordinal(), block)


def _moment(made: Type) -> Encoder:
    unit = timedelta(milliseconds=1) if made.precision <= 3 else timedelta(microseconds=1)
    return lambda value, block: _long((value - _EPOCH) // unit, block)


def _array(made: Type) -> Encoder:
    item = _nullable(made.element)

    def encode(value: Sequence[Any], block: bytearray) -> None:
        if value:
            _long(len(value), block)
            for each in value:
                item(each, block)
        block.append(0)

    return encode


def _map(made: Type) -> Encoder:
    item = _nullable(made.children[1])

    def encode(value: Sequence[tuple[str, Any]], block: bytearray) -> None:
        if value:
            _long(len(value), block)
            for key, each in value:
                _text(key, block)
                item(each, block)
        block.append(0)

    return encode


def _row_encoder(types: Sequence[Type]) -> Encoder:
    members = [_nullable(made) for made in types]

    def encode(values: Sequence[Any], block: bytearray) -> None:
        for member, value in zip(members, values, strict=True):
            member(value, block)

    return encode


def _struct(made: Type) -> Encoder:
    row = _row_encoder(made.children)
    return lambda value, block: row(list(value.values()), block)


_ENCODERS: dict[str, Encoder] = {
    "boolean": lambda value, block: block.append(value),
    "tinyint": _long, "smallint": _long, "integer": _long, "bigint": _long,
    "real": _packed("<f"), "double": _packed("<d"), "varchar": _text, "char": _text,
    "varbinary": _bytes, "date": _date,
}  # fmt: skip
_MADE: dict[str, Callable[[Type], Encoder]] = {
    "timestamp": _moment, "array": _array, "map": _map, "row": _struct,
}  # fmt: skip


def _nullable(made: Type) -> Encoder:
    """A value of the union of null and a type."""
    encode = _ENCODERS.get(made.base) or _MADE[made.base](made)

    def either(value: Any, block: bytearray) -> None:  # noqa: ANN401 - of any type
        if value is None:
            block.append(0)
        else:
            block.append(2)
            encode(value, block)

    return either
