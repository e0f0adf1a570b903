"""Where external tables may lie, and the files in a folder that are theirs."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lakehouse.athena.errors import AthenaError
from lakehouse.catalog.external_tables import ExternalTable
from lakehouse.catalog.locations import path_of
from lakehouse.config import Settings
from lakehouse.object_keys.patterns import EXCLUSIONS, excluded

# Whoever wrote them says so by the name: what is not yet, or not at all, data.
_HIDDEN = ("_", ".")


@dataclass(frozen=True)
class Places:
    """The folders that locations may lie in; the tables of the warehouse are not among them."""

    roots: tuple[Path, ...]
    warehouse: Path
    hint: str

    @classmethod
    def of(cls, settings: Settings) -> "Places":
        """The home, and the folders that the configuration names."""
        home = settings.home.resolve()
        roots = (home, *settings.external.folders)
        hint = (
            f"it must lie in the home, {home}, or in a folder that lakehouse.toml names: "
            '[external] folders = ["/data/raw"]'
        )
        return cls(roots, settings.warehouse.resolve(), hint)

    def folder(self, location: str) -> Path:
        """The folder that a location means, which need not exist.

        Raises NOT_SUPPORTED for a location on another machine, INVALID_TABLE_PROPERTY for a
        relative one, PERMISSION_DENIED outside the folders.
        """
        if "://" in location and not location.startswith("file://"):
            message = f"Location {location} is not on this machine's disks, which"
            hint = "use a folder: LOCATION '/data/raw/'"
            raise AthenaError("NOT_SUPPORTED", f"{message} is not supported", hint=hint)
        path = path_of(location)
        if path is None:
            message = f"Location '{location}' is not absolute"
            raise AthenaError("INVALID_TABLE_PROPERTY", message, hint=self.hint)
        found = path.resolve()
        if not self._allowed(found):
            message = f"Access to location '{location}' is denied"
            raise AthenaError("PERMISSION_DENIED", message, hint=self.hint)
        return found

    def files(self, location: str) -> list[Path]:
        """The files in a location and in the folders below, sorted; links lead nowhere else."""
        folder = self.folder(location)
        if folder.is_file():
            return [folder]
        return sorted(file for file in _visible(folder) if self._allowed(file.resolve()))

    def _allowed(self, path: Path) -> bool:
        if path == self.warehouse or self.warehouse in path.parents:
            return False
        if path in self.warehouse.parents:
            return False
        return any(path == root or root in path.parents for root in self.roots)


def files_of(table: ExternalTable, location: str, places: Places) -> list[Path]:
    """The files of a table in one of its locations.

    Left out are those that a crawler saw to be of another format, or another table's.
    """
    found = places.files(location)
    told = table.parameters.get(EXCLUSIONS, "")
    if not told:
        return found
    of_others = excluded(told)
    root = places.folder(table.location)
    return [
        file
        for file in found
        if not (file.is_relative_to(root) and of_others(file.relative_to(root).as_posix()))
    ]


def _visible(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(_HIDDEN)]
        for name in names:
            file = Path(parent, name)
            if not name.startswith(_HIDDEN) and file.is_file() and file.stat().st_size:
                yield file
