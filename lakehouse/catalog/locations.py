"""Where tables lie: between the paths of this machine and the locations Iceberg writes down.

Iceberg's readers disagree about file URIs: PyIceberg takes what follows `file://` as it is, but
cuts it at `#` and `?`; others decode `%20`. So a path is written as a URI only where every
reading of it gives the same path, and as a plain absolute path otherwise.

A path with a backslash or anything but ASCII is worse: DuckDB 1.5.5 can't delete or update rows
below it (it casts paths to BLOB for the bounds of its delete files: "Invalid byte encountered").
There the tables are reached through a symbolic link whose path is plain.

tests/contract/test_locations.py tries all three forms with PyIceberg, DuckDB and polars.
"""

import hashlib
import os
import stat
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from lakehouse.errors import MachineError

SCHEME = "file://"
# Not the user's own folders: their paths may be as little ASCII as the home's. FHS keeps
# /var/tmp over reboots; should the link vanish all the same, the next opening makes it again.
DOORS = Path("/var/tmp")  # noqa: S108 - the owner of what lies there is checked


def location_of(path: Path, *, doors: Path = DOORS) -> str:
    """The location of an absolute local folder that exists.

    `doors` is where a folder with an ASCII path for links is made if one is needed.
    Raises MachineError when another user holds that folder.
    """
    if not path.as_posix().isascii() or "\\" in path.as_posix():
        path = _door_to(path, doors)
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


def _door_to(path: Path, doors: Path) -> Path:
    folder = doors / f"lakehouse-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    # Everybody may write to /var/tmp: a link that somebody else laid there is not to be followed.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        hint = "remove it, or choose a home whose path is plain ASCII"
        raise MachineError(f"{folder} belongs to another user", hint=hint)
    door = folder / hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    if not (door.is_symlink() and door.readlink() == path):
        # Links to homes that are gone would pile up; should one come back, it is opened anew.
        for link in folder.iterdir():
            if not link.exists():
                link.unlink(missing_ok=True)
        fresh = folder / uuid4().hex
        fresh.symlink_to(path)
        fresh.replace(door)
    return door


def _holds_files(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())
