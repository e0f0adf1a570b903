"""Prepared statements: kept by name under the home, as a workgroup of Athena keeps them.

Rules: Athena's documentation of PREPARE, EXECUTE and DEALLOCATE PREPARE.
"""

import re
from pathlib import Path
from uuid import uuid4

from lakehouse.athena.errors import AthenaError

_NAME = re.compile(r"[a-z_][a-z0-9_@:]{0,255}")
_SUFFIX = ".sql"


class PreparedStatements:
    """The statements in a folder, a file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, name: str, text: str) -> None:
        """Keep a statement; another of that name is replaced."""
        file = self._file(name)
        self._folder.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f".{uuid4().hex}")
        beside.write_text(text, encoding="utf-8")
        beside.replace(file)

    def text(self, name: str) -> str:
        """The text of a statement. Raises NOT_FOUND."""
        try:
            return self._file(name).read_text(encoding="utf-8")
        except FileNotFoundError as e:
            raise self._missing(name) from e

    def drop(self, name: str) -> None:
        """Forget a statement. Raises NOT_FOUND."""
        try:
            self._file(name).unlink()
        except FileNotFoundError as e:
            raise self._missing(name) from e

    def _file(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            hint = "letters, digits, _, @ and :, beginning with a letter or _"
            message = f"Not a name of a prepared statement: {name}"
            raise AthenaError("INVALID_ARGUMENTS", message, hint=hint)
        # A colon can't stand in the name of every file system.
        return self._folder / (name.replace(":", "=") + _SUFFIX)

    def _missing(self, name: str) -> AthenaError:
        known = sorted(file.name.removesuffix(_SUFFIX) for file in self._folder.glob(f"*{_SUFFIX}"))
        listed = ", ".join(name.replace("=", ":") for name in known)
        hint = f"there are: {listed}" if known else "PREPARE name FROM ... makes one"
        return AthenaError("NOT_FOUND", f"Prepared statement not found: {name}", hint=hint)
