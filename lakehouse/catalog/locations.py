"""Where tables lie: between the paths of this machine and the locations Iceberg writes down.

Iceberg's readers disagree about file URIs: PyIceberg takes what follows `file://` as it is, but
cuts it at `#` and `?`; others decode `%20`. So a path is written as a URI only where every
reading of it gives the same path, and as a plain absolute path otherwise. Both forms were
tried with PyIceberg, DuckDB and polars (tests/contract/test_locations.py).
"""

from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

SCHEME = "file://"


def location_of(path: Path) -> str:
    """The location of an absolute local path."""
    uri = SCHEME + path.as_posix()
    return uri if path.as_uri() == uri else path.as_posix()


def path_of(location: str) -> Path | None:
    """The local path that a location means, or None when it lies elsewhere (an object store)."""
    if location.startswith("/"):
        return Path(location)
    if location.startswith(SCHEME + "/"):
        return Path(location.removeprefix(SCHEME))
    if location.startswith("file:/") and not urlsplit(location).netloc:
        return Path(location.removeprefix("file:"))
    return None


def unused_location(location: str) -> str:
    """The location itself, or one beside it when files of another table already lie there.

    A table that was renamed keeps its folder, and one that was dropped without purging leaves
    its files; a new table must share neither with them.
    """
    path = path_of(location)
    if path is None or not any(_holds_files(path / folder) for folder in ("data", "metadata")):
        return location
    return f"{location}-{uuid4().hex[:8]}"


def prepare_folders(location: str) -> None:
    """Make the folders of a table on the local disk, which DuckDB expects to exist."""
    path = path_of(location)
    if path is not None:
        for folder in ("data", "metadata"):
            (path / folder).mkdir(parents=True, exist_ok=True)


def remove_empty_folders(location: str) -> None:
    """Remove what `prepare_folders` made, as far as nothing was put there."""
    path = path_of(location)
    if path is not None:
        for folder in (path / "data", path / "metadata", path):
            with suppress(OSError):  # not empty, or gone already: both are fine
                folder.rmdir()


def _holds_files(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())
