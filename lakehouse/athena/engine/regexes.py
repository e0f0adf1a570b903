"""Regular expressions in Python, for what RE2 has no exact form for."""

import re
from dataclasses import dataclass
from functools import lru_cache

from lakehouse.athena.engine.function_error import FunctionError
from lakehouse.athena.patterns import translate


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    made = translate(pattern)
    if made.python is None:
        raise FunctionError(
            f"Pattern '{pattern}' has {made.reason}, which is not supported", "NOT_SUPPORTED"
        )
    return re.compile(made.python, re.ASCII)


def like(text: str, pattern: str) -> bool:
    """Whether the pattern occurs."""
    return _compiled(pattern).search(text) is not None


def _group(pattern: str, group: int) -> int:
    groups = _compiled(pattern).groups
    if group < 0:
        raise FunctionError("Group cannot be negative")
    if group > groups:
        raise FunctionError(f"Pattern has {groups} groups. Cannot access group {group}")
    return group


def extract(text: str, pattern: str, group: int) -> str | None:
    """The first occurrence's group, NULL if it took no part."""
    _group(pattern, group)
    found = _compiled(pattern).search(text)
    return found[group] if found else None


def extract_all(text: str, pattern: str, group: int) -> list[str | None]:
    """Every occurrence's group."""
    _group(pattern, group)
    return [found[group] for found in _compiled(pattern).finditer(text)]


def count(text: str, pattern: str) -> int:
    """How often it occurs."""
    return sum(1 for _ in _compiled(pattern).finditer(text))


def position(text: str, pattern: str, start: int, occurrence: int) -> int:
    """Where the n-th occurrence at or after `start` begins; -1 if there is none."""
    if start < 1:
        raise FunctionError("start position cannot be smaller than 1")
    if occurrence < 1:
        raise FunctionError("occurrence cannot be smaller than 1")
    if start > len(text):
        return -1
    found = list(_compiled(pattern).finditer(text, start - 1))
    return found[occurrence - 1].start() + 1 if len(found) >= occurrence else -1


def split(text: str, pattern: str) -> list[str]:
    """The text between the occurrences."""
    parts, last = [], 0
    for found in _compiled(pattern).finditer(text):
        parts.append(text[last : found.start()])
        last = found.end()
    return [*parts, text[last:]]


def replace(text: str, pattern: str, replacement: str) -> str:
    """Every occurrence replaced; $1 and ${name} stand for groups."""
    compiled = _compiled(pattern)
    parts = _template(replacement, compiled.groups)
    for part in parts:
        if isinstance(part, Group) and not _known(part.key, compiled):
            raise FunctionError(f"Illegal replacement sequence: unknown group {part.key}")
    return compiled.sub(
        lambda found: "".join(
            part if isinstance(part, str) else found[part.key] or "" for part in parts
        ),
        text,
    )


@dataclass(frozen=True)
class Group:
    """A group's number or name in a replacement."""

    key: int | str


def _known(key: int | str, compiled: re.Pattern[str]) -> bool:
    return key <= compiled.groups if isinstance(key, int) else key in compiled.groupindex


_REFERENCE = re.compile(r"\\(.)|\$(?:(\d+)|\{(\w+)\})|\$|\\", re.DOTALL)


@lru_cache(maxsize=256)
def _template(replacement: str, groups: int) -> tuple[str | Group, ...]:
    parts: list[str | Group] = []
    offset = 0
    for reference in _REFERENCE.finditer(replacement):
        parts.append(replacement[offset : reference.start()])
        offset = reference.end()
        if reference[1] is not None:
            parts.append(reference[1])
        elif reference[2] is not None:
            number, rest = _longest(reference[2], groups)
            parts += [Group(number), rest]
        elif reference[3] is not None:
            parts.append(Group(reference[3]))
        else:
            raise FunctionError("Illegal replacement sequence: Illegal group reference")
    return (*parts, replacement[offset:])


def _longest(digits: str, groups: int) -> tuple[int, str]:
    """Java reads as many digits as still name a group; the rest is text."""
    number, used = int(digits[0]), 1
    while used < len(digits) and number * 10 + int(digits[used]) <= groups:
        number, used = number * 10 + int(digits[used]), used + 1
    return number, digits[used:]


def groups_of_matches(text: str, pattern: str) -> list[list[str | None]]:
    """Every occurrence's groups, for a replacement that is a function."""
    return [list(found.groups()) for found in _compiled(pattern).finditer(text)]
