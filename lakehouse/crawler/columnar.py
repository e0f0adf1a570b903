"""Files that say their schema themselves: Parquet, ORC and Avro."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import orc, parquet

from lakehouse.crawler.kinds import NOTHING, STRING, Kind, is_name
from lakehouse.crawler.sampling import Sample, UnclassifiedError
from lakehouse.crawler.schemas import FileColumn, FileSchema
from lakehouse.crawler.texts import Found

SIGNATURES = {b"PAR1": "parquet", b"ORC": "orc", b"Obj\x01": "avro"}
_ARROW = {
    "bool": "boolean", "int8": "tinyint", "int16": "smallint", "int32": "int", "int64": "bigint",
    "uint8": "smallint", "uint16": "int", "uint32": "bigint", "halffloat": "float",
    "float": "float", "double": "double", "string": "string", "large_string": "string",
    "binary": "binary", "large_binary": "binary", "date32[day]": "date", "date64[ms]": "date",
    "null": NOTHING.base,
}  # fmt: skip
_AVRO = {
    "boolean": "boolean", "int": "int", "long": "bigint", "float": "float", "double": "double",
    "bytes": "binary", "string": "string", "null": NOTHING.base, "enum": "string",
    "fixed": "binary",
}  # fmt: skip
_LOGICAL = {
    "date": "date", "timestamp-millis": "timestamp", "timestamp-micros": "timestamp",
    "timestamp-nanos": "timestamp", "local-timestamp-millis": "timestamp", "uuid": "string",
}  # fmt: skip
# Types with which the engine reads nothing of the file.
_REFUSED = ("duration", "local-timestamp-micros", "local-timestamp-nanos")
_TIMES = ("time-millis", "time-micros")


def columnar(sample: Sample, format_: str) -> Found:
    """The schema that a file says it has. Raises UnclassifiedError for a damaged one."""
    try:
        if format_ == "avro":
            named = _avro(_avro_schema(sample.start))
        else:
            schema = _arrow_schema(sample.path, format_)
            named = [(field.name, _of_arrow(field.type)) for field in schema]
    except (pa.ArrowException, OSError, ValueError, KeyError, IndexError, TypeError) as e:
        if isinstance(e, OSError) and e.errno is not None:  # the machine's, not Arrow's
            raise
        reason = str(e).partition("\n")[0]
        raise UnclassifiedError(f"the {format_} file is damaged or truncated: {reason}") from e
    columns: dict[str, FileColumn] = {}
    notes = []
    for name, kind in named:
        # These files are read by name, whatever its case: it can't be another.
        lower = name.lower()
        if kind is None:
            notes.append(f"column {name!r} is of a type that external tables don't read")
        elif lower in columns:
            notes.append(f"column {name!r} has the name of another one")
        else:
            columns[lower] = FileColumn(lower, kind)
    if not columns:
        raise UnclassifiedError("it has no column that external tables read")
    return FileSchema(format_, format_, tuple(columns.values())), tuple(notes)


def _arrow_schema(path: Path, format_: str) -> pa.Schema:
    with pa.OSFile(str(path)) as file:
        return orc.ORCFile(file).schema if format_ == "orc" else parquet.read_schema(file)


def _of_arrow(made: pa.DataType) -> Kind | None:  # noqa: PLR0911 - a list of cases
    if pa.types.is_dictionary(made):
        return _of_arrow(made.value_type)
    if pa.types.is_timestamp(made):
        return Kind("timestamp")
    if pa.types.is_decimal128(made):
        return Kind(f"decimal({made.precision},{made.scale})")
    if pa.types.is_fixed_size_binary(made):
        return Kind("binary")
    if pa.types.is_map(made):
        return _made("map", [_of_arrow(made.key_type), _of_arrow(made.item_type)])
    if pa.types.is_list(made) or pa.types.is_large_list(made) or pa.types.is_fixed_size_list(made):
        return _made("array", [_of_arrow(made.value_type)])
    if pa.types.is_struct(made):
        fields = [made.field(i) for i in range(made.num_fields)]
        return _made(
            "struct", [_of_arrow(f.type) for f in fields], tuple(f.name.lower() for f in fields)
        )
    base = _ARROW.get(str(made))
    return Kind(base) if base else None


def _made(base: str, children: list[Kind | None], names: tuple[str, ...] = ()) -> Kind | None:
    if not all(map(is_name, names)):
        return None
    known = tuple(child for child in children if child is not None)
    return Kind(base, known, names) if len(known) == len(children) else None


# --- Avro: its schema stands as JSON in the metadata that the file begins with


def _avro_schema(start: bytes) -> Any:  # noqa: ANN401 - JSON
    position, metadata = 4, dict[bytes, bytes]()
    count, position = _long(start, position)
    while count:
        if count < 0:  # then the size of the block stands behind it
            count, (_, position) = -count, _long(start, position)
        for _ in range(count):
            key, position = _bytes(start, position)
            metadata[key], position = _bytes(start, position)
        count, position = _long(start, position)
    return json.loads(metadata[b"avro.schema"])


def _long(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1), position


def _bytes(data: bytes, position: int) -> tuple[bytes, int]:
    size, position = _long(data, position)
    if not 0 <= size <= len(data) - position:
        raise ValueError("its header is cut")
    return data[position : position + size], position + size


def _avro(schema: Any) -> list[tuple[str, Kind | None]]:  # noqa: ANN401 - JSON
    named: dict[str, Any] = {}
    return [(field["name"], _of_avro(field["type"], named)) for field in schema["fields"]]


def _of_avro(made: Any, named: dict[str, Any]) -> Kind | None:  # noqa: ANN401, PLR0911 - JSON
    if isinstance(made, str):
        return Kind(_AVRO[made]) if made in _AVRO else _of_named(made, named)
    if isinstance(made, list):
        choices = [each for each in made if each != "null"]
        return _of_avro(choices[0], named) if len(choices) == 1 else None if choices else NOTHING
    word = made["type"]
    if "name" in made:
        named[made["name"]] = made
    if "logicalType" in made:
        return _of_logical(made, word)
    if word == "array":
        return _made("array", [_of_avro(made["items"], named)])
    if word == "map":
        return _made("map", [STRING, _of_avro(made["values"], named)])
    if word == "record":
        fields = [
            (field["name"].lower(), _of_avro(field["type"], named)) for field in made["fields"]
        ]
        return _made("struct", [kind for _, kind in fields], tuple(name for name, _ in fields))
    return _of_avro(word, named)


def _of_logical(made: dict[str, Any], word: str) -> Kind | None:
    logical = made["logicalType"]
    if logical in _REFUSED:
        raise UnclassifiedError(f"its Avro type {logical} is not read by external tables")
    if logical == "decimal" and word == "fixed":
        return Kind(f"decimal({made['precision']},{made.get('scale', 0)})")
    return None if logical in _TIMES else Kind(_LOGICAL.get(logical) or _AVRO[word])


def _of_named(name: str, named: dict[str, Any]) -> Kind | None:
    # A record within itself has no type; it is taken out while it is looked at.
    found = named.pop(name, None)
    kind = _of_avro(found, named) if found is not None else None
    if found is not None:
        named[name] = found
    return kind
