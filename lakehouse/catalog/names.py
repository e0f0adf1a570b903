"""Which names the catalog takes, and the folder a table of that name gets."""

import hashlib
import re
import unicodedata

from pyiceberg.typedef import Identifier

LONGEST = 255  # the width of the name columns in PyIceberg's catalog schema
_LONGEST_FOLDER = 100
# Not even other alphabets: DuckDB can't delete rows of files whose paths are not ASCII.
_UNSAFE = re.compile(r"[^\w.-]", re.ASCII)


def check_namespace(namespace: Identifier) -> Identifier:
    """The namespace, when every level of it can be stored and found again.

    Levels are joined by dots in the catalog, so a level with a dot would turn into two.
    Raises ValueError.
    """
    if not namespace:
        raise ValueError("a namespace needs at least one level")
    for level in namespace:
        _check(level, "namespace level")
        if "." in level:
            raise ValueError(f"namespace level {level!r} may not contain a dot")
    if len(".".join(namespace)) > LONGEST:
        raise ValueError(f"the namespace is longer than {LONGEST} characters")
    return namespace


def check_table(identifier: Identifier) -> Identifier:
    """The identifier, when both its namespace and its name can be stored. Raises ValueError."""
    check_namespace(identifier[:-1])
    _check(identifier[-1], "table name")
    return identifier


def folder_of(name: str) -> str:
    """A folder name for a table or namespace: the name itself where that is safe everywhere.

    A name with characters that mean something in a path, a URI or a glob gets them replaced,
    and a digest of the whole name so that two names never share a folder.
    """
    safe = _UNSAFE.sub("_", name)[:_LONGEST_FOLDER]
    if safe == name and not name.startswith("."):
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{safe.lstrip('.')}-{digest}"


def _check(name: str, what: str) -> None:
    if not name or name != name.strip() or name in {".", ".."}:
        raise ValueError(f"{what} {name!r} is empty, dots only, or has spaces around it")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in name):
        raise ValueError(f"{what} {name!r} has control characters")
    if len(name) > LONGEST:
        raise ValueError(f"{what} {name[:20]!r}... is longer than {LONGEST} characters")
