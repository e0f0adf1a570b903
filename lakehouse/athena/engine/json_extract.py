"""json_extract and its kin: Trino's own small path language, `$.store.book[0]["a b"]`."""

import re
from functools import lru_cache

from lakehouse.athena.engine import json_text
from lakehouse.athena.engine.function_error import FunctionError
from lakehouse.athena.engine.json_text import Json

_STEP = re.compile(
    r"""\.(?P<name>[A-Za-z0-9_\-:]+)|\[(?P<index>-?\d+)\]|\["(?P<quoted>(?:[^"\\]|\\.)*)"\]"""
    r"""|\[(?P<bare>[A-Za-z0-9_\-:]+)\]"""
)
_MISSING = object()


@lru_cache(maxsize=256)
def steps(path: str) -> tuple[str | int, ...]:
    """A path's steps: keys and, from 0, places."""
    invalid = FunctionError(f"Invalid JSON path: '{path}'")
    if not path.startswith("$"):
        raise invalid
    found: list[str | int] = []
    offset = 1
    while offset < len(path):
        match = _STEP.match(path, offset)
        if match is None:
            raise invalid
        offset = match.end()
        if match["index"] is not None:
            found.append(int(match["index"]))
        elif match["quoted"] is not None:
            found.append(re.sub(r"\\(.)", r"\1", match["quoted"]))
        else:
            found.append(match["name"] or match["bare"])
    return tuple(found)


def _find(text: str, path: str) -> Json:
    wanted = steps(path)
    try:
        value = json_text.loads(text, first=True)
    except ValueError:
        return _MISSING
    for step in wanted:
        if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
            value = value[step]
        elif isinstance(value, dict) and str(step) in value:
            value = value[str(step)]
        else:
            return _MISSING
    return value


def extract(text: str, path: str) -> str | None:
    """json_extract: the value as JSON text, NULL if the path leads nowhere."""
    value = _find(text, path)
    return None if value is _MISSING else json_text.dumps(value)


def extract_scalar(text: str, path: str) -> str | None:
    """json_extract_scalar: a scalar's text as written, NULL for everything else."""
    value = _find(text, path)
    if value is _MISSING or value is None or isinstance(value, (list, dict)):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def size(text: str, path: str) -> int | None:
    """json_size: members of an object or array, 0 for a scalar."""
    value = _find(text, path)
    if value is _MISSING:
        return None
    return len(value) if isinstance(value, (list, dict)) else 0
