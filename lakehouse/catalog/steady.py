"""The catalog as it was at one moment: a statement over several tables finds them of one state."""

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.typedef import Identifier

from lakehouse.catalog.sql import LakeSqlCatalog


class SteadyCatalog(LakeSqlCatalog):
    """Reads every table where its pointer was when `renew` was last called, all read at once.

    An engine asks for one table after the other; a publication in between would show it a mixture.
    """

    def __init__(self, catalog: LakeSqlCatalog) -> None:
        super().__init__(catalog.name, catalog.engine, **catalog.properties)
        self.renew()

    def renew(self) -> None:
        """From now on, be the catalog as it is now."""
        self._locations = super().metadata_locations()

    def metadata_location(self, identifier: Identifier) -> str:
        """Where the table's metadata lay. Raises NoSuchTableError."""
        try:
            return self._locations[identifier]
        except KeyError:
            raise NoSuchTableError(f"Table does not exist: {'.'.join(identifier)}") from None

    def metadata_locations(self) -> dict[Identifier, str]:
        """Where the metadata of every table lay."""
        return dict(self._locations)

    def list_tables(self, namespace: str | Identifier) -> list[Identifier]:
        """As PyIceberg's."""
        super().list_tables(namespace)  # which tells that there is no such namespace
        levels = Catalog.identifier_to_tuple(namespace)
        return sorted(table for table in self._locations if table[:-1] == levels)
