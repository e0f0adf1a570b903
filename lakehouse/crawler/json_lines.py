"""JSON, an object a line: the keys, and the types of their values."""

import json
from collections.abc import Iterable
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
    objects, bad = [], 0
    for line in lines:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            objects.append(value)
        else:
            bad += 1
    if not objects or len(objects) / len(lines) < _GOOD:
        raise UnclassifiedError("it is JSON, but not an object a line, as external tables read it")
    notes = (f"{bad:,} of the lines that were read are no JSON objects",) if bad else ()
    columns = _columns(_kinds(objects))
    if not columns:
        raise UnclassifiedError("its JSON objects are empty")
    return FileSchema("json", "json", columns, (), encoding, malformed=bool(bad)), notes


def _kinds(objects: Iterable[dict[str, Any]]) -> dict[str, Kind]:
    """The type of each key, in lower case, for so the SerDe reads them."""
    seen: dict[str, set[Kind]] = {}
    for row in objects:
        for key, value in row.items():
            found = seen.get(key)
            if found is None:
                found = seen[key] = set()
            found.add(_SCALARS.get(type(value)) or _kind(value))
    kinds: dict[str, Kind] = {}
    for key, found in seen.items():
        kinds[key.lower()] = _together([*found, kinds.get(key.lower(), NOTHING)])
    return kinds


def _kind(value: Any) -> Kind:  # noqa: ANN401 - JSON
    if isinstance(value, int) and not isinstance(value, bool):
        return BIGINT if -_BOUND <= value < _BOUND else STRING
    if isinstance(value, list):
        return Kind("array", (_together(map(_kind, value)),))
    if isinstance(value, dict):
        kinds = _kinds([value])
        return Kind("struct", tuple(kinds.values()), tuple(kinds))
    return _SCALARS[type(value)]


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
