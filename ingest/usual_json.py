"""JSON lines at once, by Arrow's reader: flat objects whose values are usual for their columns.

One pattern finds them, whatever the order of their keys. It is made of the keys that the first
lines have, for a key is matched without regard to case.
"""

import json
import re
from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pa_json

from ingest.record_schema import Column, normal
from ingest.screening import Block
from ingest.usual_lines import UsualRows, lacking, matching
from ingest.usual_values import TEXTS, converted, usual_pattern
from lakehouse.column_specs import TypeName
from lakehouse.tables.declared_types import arrow_type

_FIRST_LINES = 20
_LETTER = (
    r'(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]'
    r"|\\u(?:[0-9abcefABCEF][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2}))"  # no surrogates
)
_NUMBER = r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,15})?"
_ANY = f'"{_LETTER}*"|{_NUMBER}|true|false|null'
_PLAIN_KEY = re.compile(r'[^"\\\x00-\x1f]+')


def usual_rows(block: Block, columns: Mapping[str, Column], *, discards: bool) -> UsualRows | None:
    """The rows of lines that are usual; None when there are none.

    A line is left out that has a value without a column, unless the stream `discards` it.
    """
    keys = _keys(block, columns)
    every = _lines(block)
    usual = matching(every, _pattern(keys, columns, discards=discards))
    for key in [key for key, field in keys.items() if field not in columns]:
        # Arrow does not look whether a key that it ignores is there twice.
        usual &= pc.count_substring_regex(every, _written(key)).to_numpy() <= 1
    usual[list(block.rejects)] = False
    text, lines = block.without(np.flatnonzero(~usual).tolist())
    if not text:
        return None
    known = {key: columns[field] for key, field in keys.items() if field in columns}
    schema = pa.schema([(key, _read_as(column.type)) for key, column in known.items()])
    try:
        table = pa_json.read_json(
            pa.BufferReader(text),
            read_options=pa_json.ReadOptions(use_threads=False, block_size=len(text)),
            parse_options=pa_json.ParseOptions(
                explicit_schema=schema, unexpected_field_behavior="ignore"
            ),
        )
    except pa.ArrowInvalid:
        return None  # an object with a key twice
    if len(table) != len(lines):
        return None
    by_field = {keys[key]: table[key] for key in schema.names}
    rows = pa.table(
        {
            column.name: converted(by_field[field], column.type)
            if field in by_field
            else pa.nulls(len(table), arrow_type(column.type))
            for field, column in columns.items()
        }
    )
    return UsualRows(rows, lines).without(lacking(rows, columns))


def _keys(block: Block, columns: Mapping[str, Column]) -> dict[str, str]:
    """Keys as they are written, and the fields they are: those of the columns, and those seen."""
    seen = {normal(key): key for key in _first_keys(block) if _PLAIN_KEY.fullmatch(key)}
    return {key: field for field, key in ({field: field for field in columns} | seen).items()}


def _first_keys(block: Block) -> Iterator[str]:
    for index in range(min(_FIRST_LINES, block.count)):
        try:
            value = json.loads(block.line(index))
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            yield from value


def _pattern(keys: Mapping[str, str], columns: Mapping[str, Column], *, discards: bool) -> str:
    """What matches a usual line."""
    pairs = []
    for key, field in keys.items():
        other = _ANY if discards else "null"
        values = _values(columns[field].type) if field in columns else other
        pairs.append(f"{_written(key)}(?:{values})")
    pair = f"(?:{'|'.join(pairs)})"
    return rf"\{{{pair}(?:, ?{pair})*\}}\n"


def _written(key: str) -> str:
    return f'"{re.escape(key)}": ?'


def _values(type_: TypeName) -> str:
    if type_.name == "string":
        return f'"{_LETTER}*"|null'
    pattern = usual_pattern(type_)
    if pattern is None:
        return "null"
    return f'"(?:{pattern})"|null' if type_.name in TEXTS else f"{pattern}|null"


def _read_as(type_: TypeName) -> pa.DataType:
    """The type that the reader makes; dates are text to it, and what is nested is null here."""
    if type_.name in TEXTS or type_.inner:
        return pa.string()
    return pa.float64() if type_.name == "float" else arrow_type(type_)


def _lines(block: Block) -> pa.Array:
    """The lines, each with its end, without a copy."""
    bounds = np.concatenate(([0], block.ends + 1))
    text = pa.py_buffer(block.text)
    return pa.Array.from_buffers(pa.large_string(), block.count, [None, pa.py_buffer(bounds), text])
