"""Folders of staged tables: made before the table is, and left behind when it never comes."""

from lakehouse.catalog.locations import prepare_folders, remove_empty_folders


class StagedFolders:
    """The folders made for staged tables that have not been committed yet."""

    def __init__(self) -> None:
        self._waiting: set[str] = set()

    def add(self, location: str) -> None:
        """Make the folders of a staged table."""
        prepare_folders(location)
        self._waiting.add(location)

    def committed(self, location: str) -> None:
        """The table has come."""
        self._waiting.discard(location)

    def clear(self) -> None:
        """Remove the folders of tables that never came, where nothing was put into them."""
        for location in self._waiting:
            remove_empty_folders(location)
        self._waiting.clear()
