"""Which files are a table, and which folders its partitions.

Rules: Glue's crawlers. Files of a folder are a table when they are alike. Folders beside each other
whose tables are alike, down to the same depth, are partitions of one table when most of them are;
those that are called `key=value`, or by numbers as `2026/01/31/23` are, whatever their count.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from urllib.parse import unquote

from lakehouse.crawler.schemas import SIMILAR, FileSchema, united

_KEY = re.compile(r"([^=]+)=(.*)", re.DOTALL)
_NUMBERED = re.compile(r"\d+|\d{4}-\d{2}(-\d{2})?(-\d{2})?")


@dataclass(frozen=True)
class FoundTable:
    """Files of one table: in folder `place`, or below it in `partitions`, values by folder.

    `keys` are the names of the partitions' levels, None where a folder told only a value. Folders
    and files are paths below the crawler's.
    """

    place: str
    schema: FileSchema
    files: tuple[str, ...]
    keys: tuple[str | None, ...] = ()
    partitions: tuple[tuple[tuple[str, ...], str], ...] = ()

    @property
    def folders(self) -> list[str]:
        """The folders that hold its files."""
        return [folder for _, folder in self.partitions] if self.keys else [self.place]


@dataclass
class _Folder:
    files: dict[str, FileSchema] = field(default_factory=dict)
    folders: dict[str, "_Folder"] = field(default_factory=dict)


@dataclass(frozen=True)
class Grouping:
    """How alike files of one table are (1: the same columns), and at which level tables lie.

    The crawler's path is level 1. Without a level it is where the folders' likeness ends.
    """

    similar: float = SIMILAR
    table_level: int | None = None


def tables_of(schemas: Mapping[str, FileSchema], grouping: Grouping) -> list[FoundTable]:
    """The tables of files by their paths, in order of place and first file."""
    root = _Folder()
    for path in sorted(schemas):
        *parents, name = path.split("/")
        folder = root
        for parent in parents:
            folder = folder.folders.setdefault(parent, _Folder())
        folder.files[name] = schemas[path]
    found = _Layout(grouping).tables(root, "", 1)
    return sorted(found, key=lambda table: (table.place, table.files[0]))


class _Layout:
    def __init__(self, grouping: Grouping) -> None:
        self._grouping = grouping
        self._unions: dict[tuple[FileSchema, FileSchema, float], FileSchema | None] = {}

    def tables(self, folder: _Folder, place: str, level: int) -> list[FoundTable]:
        found = self._of_files(folder, place)
        children: list[FoundTable] = []
        for name, child in folder.folders.items():
            below = f"{place}/{name}" if place else name
            tables = self.tables(child, below, level + 1)
            if len(tables) == 1 and tables[0].place == below:
                children.append(tables[0])
            else:
                found += tables
        return found + self._of_folders(children, place, level)

    def _of_files(self, folder: _Folder, place: str) -> list[FoundTable]:
        tables = [
            FoundTable(place, schema, (f"{place}/{name}" if place else name,))
            for name, schema in folder.files.items()
        ]
        return [self._one(group, place) for group in self._alike(tables, self._grouping.similar)]

    def _of_folders(self, children: list[FoundTable], place: str, level: int) -> list[FoundTable]:
        wanted = self._grouping.table_level
        if wanted is not None and level < wanted:
            return children
        similar = self._grouping.similar if wanted is None else 0.0
        found: list[FoundTable] = []
        for group in self._alike([_below(child) for child in children], similar):
            named = all(_tells_values(table) for table in group)
            most = len(group) > 1 and len(group) * 2 > len(children)
            if named or most or wanted is not None:
                found.append(self._one(group, place))
            else:
                places = {table.place for table in group}
                found += [child for child in children if child.place in places]
        return found

    def _alike(self, tables: Iterable[FoundTable], similar: float) -> list[list[FoundTable]]:
        groups: list[tuple[FileSchema, list[FoundTable]]] = []
        for table in tables:
            for place, (schema, group) in enumerate(groups):
                if table.keys != group[0].keys:
                    continue
                union = self._united(schema, table.schema, similar)
                if union is not None:
                    group.append(table)
                    groups[place] = (union, group)
                    break
            else:
                groups.append((table.schema, [table]))
        return [[replace(table, schema=schema) for table in group] for schema, group in groups]

    def _united(self, one: FileSchema, other: FileSchema, similar: float) -> FileSchema | None:
        if one == other:
            return one
        key = (one, other, similar)
        if key not in self._unions:
            self._unions[key] = united(one, other, similar)
        return self._unions[key]

    def _one(self, group: list[FoundTable], place: str) -> FoundTable:
        files = tuple(file for table in group for file in table.files)
        partitions = tuple(pair for table in group for pair in table.partitions)
        return replace(group[0], place=place, files=files, partitions=partitions)


def _below(table: FoundTable) -> FoundTable:
    """The table of a folder with that folder as the first level of its partitions."""
    name = PurePosixPath(table.place).name
    key, value = _level(name)
    inner = table.partitions if table.keys else (((), table.place),)
    partitions = tuple(((value, *values), folder) for values, folder in inner)
    return replace(table, keys=(key, *table.keys), partitions=partitions)


def _level(name: str) -> tuple[str | None, str]:
    told = _KEY.fullmatch(name)
    return (told[1].lower(), unquote(told[2])) if told else (None, name)


def _tells_values(table: FoundTable) -> bool:
    name = PurePosixPath(table.place).name
    return table.keys[0] is not None or _NUMBERED.fullmatch(name) is not None


class FilesBelow:
    """The files of a listing by the folders that they lie in, at whatever depth."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._below: dict[str, list[str]] = {}
        for path in paths:
            folder = path
            while folder:
                folder = folder.rpartition("/")[0]
                self._below.setdefault(folder, []).append(path)

    def strays(self, table: FoundTable) -> list[str]:
        """The files in the table's folders, and below them, that are none of its own."""
        own = set(table.files)
        folders = table.folders
        return [
            path for folder in folders for path in self._below.get(folder, ()) if path not in own
        ]
