"""Saved queries: a file each under the home, to be read, reviewed and versioned like code.

-- description: Revenue by country
-- workgroup: primary
SELECT country, sum(net_amount) FROM core.fct_orders GROUP BY country
"""

import re
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from lakehouse.errors import QueryError

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_HEAD = re.compile(r"-- (description|workgroup): ?(.*)")
_SUFFIX = ".sql"


@dataclass(frozen=True)
class SavedQuery:
    """A query with a name."""

    name: str
    sql: str
    description: str = ""
    workgroup: str = "primary"


class SavedQueries:
    """The saved queries in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, query: SavedQuery, *, replace: bool = False) -> Path:
        """Save a query; returns its file.

        Raises QueryError for a name that makes no file, or one that is taken unless it is to be
        replaced.
        """
        file = self._file(query.name)
        if file.exists() and not replace:
            hint = "add --replace, or choose another name"
            raise QueryError(f"there is a saved query {query.name!r} already", hint=hint)
        if not query.sql.strip():
            raise QueryError("there is no statement to save", hint="give it, or --id of one")
        self._folder.mkdir(parents=True, exist_ok=True)
        description = " ".join(query.description.split())
        head = f"-- description: {description}\n-- workgroup: {query.workgroup}\n"
        beside = file.with_name(f".{uuid4().hex}")
        beside.write_text(f"{head}{query.sql.strip()}\n", encoding="utf-8")
        beside.replace(file)
        return file

    def find(self, name: str) -> SavedQuery:
        """The query of that name. Raises QueryError when there is none."""
        try:
            return _read(self._file(name))
        except FileNotFoundError as e:
            known = ", ".join(query.name for query in self.listed())
            hint = f"there are: {known}" if known else "`lakehouse queries save` saves one"
            raise QueryError(f"there is no saved query {name!r}", hint=hint) from e

    def listed(self) -> list[SavedQuery]:
        """All of them, by name."""
        return [_read(file) for file in sorted(self._folder.glob(f"[!.]*{_SUFFIX}"))]

    def remove(self, name: str) -> None:
        """Remove one. Raises QueryError when there is none."""
        self.find(name)
        self._file(name).unlink()

    def _file(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            hint = "letters, digits, _, . and -, beginning with a letter, a digit or _"
            raise QueryError(f"{name!r} is no name of a saved query", hint=hint)
        return self._folder / f"{name}{_SUFFIX}"


def _read(file: Path) -> SavedQuery:
    # A file that somebody put here in another encoding must not hide the others.
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    head: dict[str, str] = {}
    while lines and (match := _HEAD.fullmatch(lines[0])):
        head[match[1]] = match[2].strip()
        del lines[0]
    name = file.name.removesuffix(_SUFFIX)
    workgroup = head.get("workgroup") or "primary"
    return SavedQuery(name, "\n".join(lines), head.get("description", ""), workgroup)
