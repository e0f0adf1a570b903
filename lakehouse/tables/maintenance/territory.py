"""Which files are a table's own to delete, and which belong to another one as well."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table import Table
from pyiceberg.typedef import Identifier

from lakehouse.catalog.damage import files_of
from lakehouse.catalog.statistics import table_names
from lakehouse.tables.maintenance.reachability import plain, reachable

_PLACES = ("write.data.path", "write.metadata.path", "write.object-storage.path")


@dataclass(frozen=True)
class Territory:
    """The folders of a table, and what other tables of the catalog have in them.

    Files elsewhere were added from there (`add_files`), and are somebody else's.
    """

    catalog: Catalog
    table: Table

    @property
    def may_delete(self) -> bool:
        """Whether files may be deleted: Iceberg's `gc.enabled` can forbid it."""
        return self.table.properties.get("gc.enabled", "true").lower() != "false"

    @cached_property
    def roots(self) -> tuple[str, ...]:
        """The folders, as `plain` has them, with a slash at the end."""
        given = [self.table.location(), *(self.table.properties.get(each) for each in _PLACES)]
        return tuple(dict.fromkeys(plain(each).rstrip("/") + "/" for each in given if each))

    def owns(self, location: str) -> bool:
        """Whether a file, as `plain` has it, lies in a folder of the table and is no one else's."""
        return location.startswith(self.roots) and location not in self._of_others

    @cached_property
    def _of_others(self) -> frozenset[str]:
        """The files of other tables whose folders are in these, or hold them."""
        found: set[str] = set()
        for other in self._others():
            where = plain(other.location()).rstrip("/") + "/"
            if where.startswith(self.roots) or any(root.startswith(where) for root in self.roots):
                with files_of(".".join(other.name())):
                    found |= reachable(other.metadata, other.metadata_location, other.io)
        return frozenset(found)

    def _others(self) -> Iterator[Table]:
        own: Identifier = self.table.name()
        for name in table_names(self.catalog):
            if name != own:
                try:
                    with files_of(".".join(name)):
                        table = self.catalog.load_table(name)
                except NoSuchTableError:
                    continue  # dropped since it was listed
                yield table
