"""Files below a table's location that are none of its own: Glue's table parameter `exclusions`.

A crawler writes it: a JSON list of patterns of paths below the location. Patterns are those of
Glue's crawlers: `*` and `?` stay within a folder, `**` does not, `[...]` and `{a,b}` as in shells,
a backslash takes the next character as it is.
"""

import json
import re
from collections.abc import Callable, Iterable
from functools import lru_cache

EXCLUSIONS = "exclusions"
_SPECIAL = re.compile(r"[\\*?\[\]{}]")


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Whether a path, parts joined by slashes, matches one of the patterns.

    Raises ValueError for a pattern that can't be read.
    """
    made = "|".join(map(_regex, patterns))
    found = re.compile(made, re.DOTALL)
    return lambda path: bool(made) and found.fullmatch(path) is not None


@lru_cache(maxsize=256)
def excluded(told: str) -> Callable[[str], bool]:
    """Whether a path is excluded by the parameter's text; what is no list of texts, excludes none.

    On AWS, too, a table may carry patterns that are not of paths below it.
    """
    try:
        given = json.loads(told) if told else []
        return matcher([each for each in given if isinstance(each, str)])
    except (ValueError, TypeError):
        return lambda _: False


def exactly(path: str) -> str:
    """The pattern of that path alone."""
    return _SPECIAL.sub(lambda found: f"\\{found[0]}", path)


def _regex(pattern: str) -> str:
    made, position, depth = [], 0, 0
    tokens = re.compile(r"\\(.)|\*\*/?|\[[!^]?\]?[^\]]*\]|.", re.DOTALL)
    while position < len(pattern):
        token = tokens.match(pattern, position)
        if token is None or token[0] == "[":
            raise ValueError(f"the pattern {pattern!r} has a [ without its ]")
        position = token.end()
        text = token[0]
        depth += (text == "{") - (text == "}")
        made.append(re.escape(token[1]) if token[1] else _translated(text, depth))
    if depth:
        raise ValueError(f"the pattern {pattern!r} has a {{ without its }}")
    return "".join(made)


def _translated(text: str, depth: int) -> str:
    plain = {"*": "[^/]*", "**": ".*", "**/": "(?:.*/)?", "?": "[^/]", "{": "(?:", "}": ")"}
    if text in plain:
        return plain[text]
    if text == "," and depth:
        return "|"
    if text.startswith("[") and len(text) > 1:
        inside = text[1:-1].replace("\\", "\\\\")
        return f"[{'^' + inside[1:] if inside[0] in '!^' else inside}]"
    return re.escape(text)
