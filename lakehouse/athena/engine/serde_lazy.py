"""Arrays, maps and structs in a field of LazySimpleSerDe: separators by depth, as in Hive."""

import json
from functools import lru_cache
from typing import Any

Shape = Any  # as of `serde_json`


@lru_cache(maxsize=256)
def _told(text: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(text)
    return told


def nested(text: str, told: str) -> str | None:
    """The field as JSON in the shape of its type; None for NULL.

    `told` holds the shape, the separators from the field's own depth on, the text of NULL and the
    escape character, if there is one.
    """
    given = _told(told)
    made = _read(text, given["shape"], given["separators"], given)
    return None if made is None else json.dumps(made, ensure_ascii=False)


def _read(text: str, shape: Shape, separators: list[str], told: dict[str, Any]) -> Any:  # noqa: ANN401
    if text == told["null"]:
        return None
    if not isinstance(shape, list):
        if not text and shape not in ("varchar", "char"):
            return None
        return _unescaped(text, told["escape"])
    kind, own, below = shape[0], separators[0], separators[1:]
    if kind == "array":
        return [_read(item, shape[1], below, told) for item in _split(text, own, told)]
    if kind == "row":
        parts: list[str | None] = [*_split(text, own, told)]
        parts += [None] * (len(shape[1]) - len(parts))
        return {
            name: None if part is None else _read(part, of, below, told)
            for (name, of), part in zip(shape[1], parts, strict=False)
        }
    entries: dict[str, Any] = {}
    for item in _split(text, own, told):
        key, *value = _split(item, below[0], told, 1) or [""]
        if key != told["null"]:
            kept = _read(value[0], shape[2], below[1:], told) if value else None
            entries.setdefault(_unescaped(key, told["escape"]), kept)
    return entries


def _split(text: str, separator: str, told: dict[str, Any], most: int = -1) -> list[str]:
    if not text:
        return []
    escape = told["escape"]
    if not escape or escape not in text:
        return text.split(separator, most)
    parts: list[str] = []
    start = i = 0
    while i < len(text):
        if text[i] == escape:
            i += 1
        elif text[i] == separator and len(parts) != most:
            parts.append(text[start:i])
            start = i + 1
        i += 1
    return [*parts, text[start:]]


def _unescaped(text: str, escape: str) -> str:
    if not escape or escape not in text:
        return text
    made: list[str] = []
    i = 0
    while i < len(text):
        if text[i] == escape and i + 1 < len(text):
            i += 1
        made.append(text[i])
        i += 1
    return "".join(made)
