"""The fields of a line by a pattern: RegexSerDe's regular expression, GrokSerDe's format.

Rules: Trino's RegexDeserializer and GrokDeserializer, Athena's documentation of the two SerDes.
"""

import re
from functools import lru_cache

from lakehouse.athena.engine.function_error import FunctionError
from lakehouse.athena.engine.grok_patterns import PATTERNS
from lakehouse.athena.patterns import translate

_REFERENCE = re.compile(r"%\{(\w+)(?::([\w.\-\[\]@]+))?(?::\w+)?\}")
_DEEPEST = 30


@lru_cache(maxsize=64)
def _regex(pattern: str, flags: str) -> re.Pattern[str]:
    made = translate(pattern)
    if made.python is None:
        message = f"Pattern '{pattern}' has {made.reason}, which is not supported"
        raise FunctionError(message, "NOT_SUPPORTED")
    chosen = re.ASCII | re.DOTALL | (re.IGNORECASE if "i" in flags else 0)
    return re.compile(made.python, chosen)


def regex_fields(line: str, pattern: str, flags: str) -> list[str | None] | None:
    """The groups of a pattern that matches the whole line; None where it does not."""
    found = _regex(pattern, flags).fullmatch(line)
    return list(found.groups()) if found else None


def regex_groups(pattern: str) -> int:
    """How many groups the pattern has. Raises FunctionError."""
    return _regex(pattern, "").groups


@lru_cache(maxsize=64)
def _grok(told: str, custom: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    names: list[str] = []
    own = dict(_custom(line) for line in custom.splitlines() if line.strip())

    def expanded(text: str, depth: int) -> str:
        if depth > _DEEPEST:
            raise FunctionError(f"Grok pattern {told} is recursive", "INVALID_TABLE_PROPERTY")

        def one(found: re.Match[str]) -> str:
            inner = own.get(found[1], PATTERNS.get(found[1]))
            if inner is None:
                message = f"No definition for key '{found[1]}' found"
                raise FunctionError(message, "INVALID_TABLE_PROPERTY")
            name = found[2]
            if name is None:
                return f"(?:{expanded(inner, depth + 1)})"
            names.append(name.lower())
            return f"(?P<g{len(names) - 1}>{expanded(inner, depth + 1)})"

        return _REFERENCE.sub(one, text)

    made = expanded(told, 0)
    try:
        return re.compile(made), tuple(names)
    except re.error as e:
        message = f"Grok pattern {told} can't be read: {e}"
        raise FunctionError(message, "INVALID_TABLE_PROPERTY") from e


def _custom(line: str) -> tuple[str, str]:
    name, _, pattern = line.strip().partition(" ")
    return name, pattern.strip()


def grok_fields(line: str, told: str, custom: str) -> list[str | None] | None:
    """What the named patterns of a format found, in their order; None where it does not match."""
    pattern, names = _grok(told, custom)
    found = pattern.search(line)
    return [found[f"g{i}"] for i in range(len(names))] if found else None


def grok_names(told: str, custom: str) -> tuple[str, ...]:
    """The names that a format gives, in order, in lower case. Raises FunctionError."""
    return _grok(told, custom)[1]
