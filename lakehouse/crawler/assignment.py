"""Which table of the catalog each found table is: the one it was, or a new one.

Rule: Glue names a table by its prefix and folder, and adds a digest to a name that is taken.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import PurePosixPath

from lakehouse.crawler.layout import FoundTable
from lakehouse.crawler.naming import legal
from lakehouse.crawler.state import KnownTable


@dataclass(frozen=True)
class Assignment:
    """Gives names. `root_name` is that of the crawler's own folder; `is_free` asks the catalog."""

    prefix: str
    root_name: str
    is_free: Callable[[str, FoundTable], bool]

    def named(
        self, found: Sequence[FoundTable], known: Mapping[str, KnownTable]
    ) -> dict[str, FoundTable]:
        """The tables by their names; the names of `known` ones are nobody else's."""
        names: dict[str, FoundTable] = {}
        fresh = []
        for table in found:
            name = _as_before(table, known, names)
            if name is None:
                fresh.append(table)
            else:
                names[name] = table
        for table in fresh:
            candidates = self._candidates(table)
            taken = {*names, *known}
            free = (each for each in candidates if each not in taken and self.is_free(each, table))
            names[next(free, candidates[-1])] = table
        return names

    def _candidates(self, table: FoundTable) -> list[str]:
        folder = PurePosixPath(table.place).name if table.place else self.root_name
        plain = f"{self.prefix}{legal(folder, 'table')}"
        if plain[0].isdecimal():
            plain = f"t_{plain}"
        label = legal(table.schema.label, table.schema.format)
        told = "\n".join((table.place, label, *(c.name for c in table.schema.columns)))
        digest = sha256(told.encode(errors="surrogatepass")).hexdigest()
        return [plain, f"{plain}_{label}", f"{plain}_{digest[:8]}", f"{plain}_{digest[:32]}"]


def known_table(table: FoundTable) -> KnownTable:
    """What is remembered of a table."""
    columns = tuple(column.name for column in table.schema.columns)
    return KnownTable(table.place, table.schema.label, len(table.keys), columns)


def _as_before(
    table: FoundTable, known: Mapping[str, KnownTable], taken: Mapping[str, FoundTable]
) -> str | None:
    columns = {column.name for column in table.schema.columns}
    alike = {
        name: len(columns.intersection(each.columns))
        for name, each in known.items()
        if name not in taken
        and (each.place, each.label, each.keys)
        == (table.place, table.schema.label, len(table.keys))
    }
    best = max(alike, key=alike.__getitem__, default=None)
    return best if best is not None and alike[best] else None
