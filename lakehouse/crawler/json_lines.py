"""JSON, an object a line: the keys, and the types of their values."""

import json
from collections.abc import Iterable
from itertools import chain
from typing import Any

from lakehouse.crawler.kinds import BIGINT, BOOLEAN, DOUBLE, NOTHING, STRING, Kind, widened
from lakehouse.crawler.naming import legal, unique
from lakehouse.crawler.sampling import Sample, UnclassifiedError
from lakehouse.crawler.schemas import FileColumn, FileSchema
from lakehouse.crawler.texts import Found, decoded

_SCALARS = {bool: BOOLEAN, float: DOUBLE, str: STRING, type(None): NOTHING}
_BOUND = 1 << 63
_GOOD = 0.5  # of the lines must be objects


def json_lines(sample: Sample) -> Found:
    """The schema of a file of JSON objects. Raises UnclassifiedError for what is none."""
    text, encoding = decoded(sample)
    lines = [line for line in text.lstrip("\ufeff").split("\n") if not line.isspace() and line]
    objects = _objects(lines)
    bad = len(lines) - len(objects)
    if not objects or len(objects) / len(lines) < _GOOD:
        raise UnclassifiedError("it is JSON, but not an object a line, as external tables read it")
    notes = (f"{bad:,} of the lines that were read are no JSON objects",) if bad else ()
    columns = _columns(_kinds(objects))
    if not columns:
        raise UnclassifiedError("its JSON objects are empty")
    return FileSchema("json", "json", columns, (), encoding, malformed=bool(bad)), notes


def _objects(lines: list[str]) -> list[dict[str, Any]]:
    """The lines that are objects."""
    try:
        # Read at once where they all are: in two thirds of the time.
        values = json.loads(f"[{','.join(lines)}]", parse_constant=_refuse)
    except (ValueError, RecursionError):
        values = []
    if len(values) != len(lines):
        values = list(map(_value, lines))
    return [value for value in values if isinstance(value, dict)]


def _value(line: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(constant: str) -> None:
    """NaN and Infinity, which Python takes and the SerDe does not."""
    raise ValueError(f"{constant} is no JSON")


def _kinds(objects: list[dict[str, Any]]) -> dict[str, Kind]:
    """The type of each key, in lower case, for so the SerDe reads them."""
    kinds: dict[str, Kind] = {}
    for key in dict.fromkeys(chain.from_iterable(objects)):
        kind = _kind([row[key] for row in objects if key in row])
        kinds[key.lower()] = _together((kind, kinds.get(key.lower(), NOTHING)))
    return kinds


def _kind(values: list[Any]) -> Kind:
    """The type of several values: looked at together, for one by one takes much longer."""
    types = set(map(type, values))
    found = [_SCALARS[made] for made in types if made in _SCALARS]
    if int in types:
        numbers = [value for value in values if type(value) is int]
        bounded = min(numbers) >= -_BOUND and max(numbers) < _BOUND
        found.append(BIGINT if bounded else STRING)
    if list in types:
        items = chain.from_iterable(value for value in values if type(value) is list)
        found.append(Kind("array", (_kind(list(items)),)))
    if dict in types:
        kinds = _kinds([value for value in values if type(value) is dict])
        found.append(Kind("struct", tuple(kinds.values()), tuple(kinds)))
    return _together(found)


def _together(kinds: Iterable[Kind]) -> Kind:
    """One type for values of all; the SerDe gives any value as a string."""
    made = NOTHING
    for kind in sorted(kinds, key=lambda kind: (kind.base, kind.names)):
        made = widened(made, kind, texts=True) or STRING
    return made


def _columns(kinds: dict[str, Kind]) -> tuple[FileColumn, ...]:
    names = unique(legal(key, f"col{place}") for place, key in enumerate(kinds, start=1))
    return tuple(
        FileColumn(name, kind, key) for name, (key, kind) in zip(names, kinds.items(), strict=True)
    )
