"""The files below a crawler's path, as a listing of the folders tells them."""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

# As with external tables: whoever wrote them says by the name that they are no data.
_HIDDEN = ("_", ".")


@dataclass(frozen=True)
class ListedFile:
    """A file by its path below the crawler's, its size in bytes and when it was last written."""

    path: str
    size: int
    modified_ns: int


@dataclass
class Listing:
    """What was found; `unlisted` are folders, and `unread` files, with the reasons they were not.

    A path is of parts joined by slashes; that of the crawler itself is empty.
    """

    files: dict[str, ListedFile] = field(default_factory=dict)
    excluded: list[str] = field(default_factory=list)
    unlisted: dict[str, str] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)


def listed(root: Path, excluded: Callable[[str], bool], allowed: Callable[[Path], bool]) -> Listing:
    """The files in a folder and the folders below, or the one file, empty ones left out.

    Links to folders are not followed; `allowed` tells whether that is done with one to a file.
    Raises OSError when the root itself can't be listed.
    """
    found = Listing()
    if root.is_file():
        _note(found, root.name, root.stat())
        return found
    with os.scandir(root):
        pass
    for path, entry in _entries(root, "", found):
        if not _is_text(path):
            found.unread[os.fsencode(path).decode(errors="replace")] = "its name is no UTF-8"
            continue
        if excluded(path):
            found.excluded.append(path)
            continue
        try:
            if entry.is_symlink() and not allowed(Path(entry.path).resolve()):
                found.unread[path] = "it is a link out of the folders that may be read"
                continue
            _note(found, path, entry.stat())
        except OSError as e:
            if e.errno is not None and not isinstance(e, FileNotFoundError):
                found.unread[path] = str(e.strerror)
    return found


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _note(found: Listing, path: str, state: os.stat_result) -> None:
    if not stat.S_ISREG(state.st_mode):
        return
    if not state.st_size:
        found.unread[path] = "the file is empty"
        return
    found.files[path] = ListedFile(path, state.st_size, state.st_mtime_ns)


def _entries(folder: Path, below: str, found: Listing) -> Iterator[tuple[str, os.DirEntry[str]]]:
    try:
        with os.scandir(folder) as entries:
            ordered = sorted(entries, key=lambda entry: entry.name)
    except FileNotFoundError:  # removed meanwhile
        return
    except OSError as e:
        found.unlisted[below] = str(e.strerror)
        return
    for entry in ordered:
        if entry.name.startswith(_HIDDEN):
            continue
        path = f"{below}/{entry.name}" if below else entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from _entries(Path(entry.path), path, found)
        else:
            yield path, entry
