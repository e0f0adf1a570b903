"""What JSON_EXISTS, JSON_VALUE and JSON_QUERY make of a path's items.

Each answers [outcome, value]: 'value', 'empty' or 'error'. The SQL around the call turns the latter
two into what ON EMPTY and ON ERROR ask for.
"""

import json

from lakehouse.athena.engine.json_items import PathError
from lakehouse.athena.engine.json_path import evaluate, item_text


def exists(text: str, path: str, passed: str) -> str | None:
    """'true', 'false' or 'error'."""
    try:
        return "true" if evaluate(text, path, passed) else "false"
    except PathError:
        return "error"


def value(text: str, path: str, passed: str) -> list[str | None] | None:
    """A scalar's text."""
    try:
        items = evaluate(text, path, passed)
    except PathError:
        return ["error", None]
    if not items:
        return ["empty", None]
    item = items[0]
    if len(items) > 1 or isinstance(item, (list, dict)):
        return ["error", None]
    if item is None:
        return ["value", None]
    return ["value", item if isinstance(item, str) else item_text(item)]


def query(text: str, path: str, passed: str, options: str) -> list[str | None] | None:
    """A JSON text; `options` holds wrapper and keep_quotes."""
    wrapper, keep_quotes = json.loads(options)
    try:
        items = evaluate(text, path, passed)
    except PathError:
        return ["error", None]
    if not items:
        return ["empty", None]
    single = len(items) == 1
    if wrapper == "unconditional" or (
        wrapper == "conditional" and not (single and isinstance(items[0], (list, dict)))
    ):
        return ["value", item_text(items)]
    if not single:
        return ["error", None]
    item = items[0]
    if isinstance(item, str) and not keep_quotes:
        return ["value", item]
    return ["value", item_text(item)]


def normal(text: str) -> str | None:
    """A JSON text without spaces, exactly as its numbers were written; NULL if it is none."""
    try:
        return item_text(evaluate(text, "strict $", "{}")[0])
    except PathError:
        return None
