"""A disk that forgets what was never synced, for as long as a block of code runs.

POSIX promises of a file what it held when it was last synced, and of a name in a folder that it
is there once the folder was synced. SQLite syncs its own files: with `synchronous = FULL`, a
commit that has returned is on the disk. All of that is recorded, in order; then the disk can be
put back to what a power cut at any moment would have left of it.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Any

import pytest

Names = dict[str, int]  # of a folder's entries: the inode
_FULL = 2


@dataclass(frozen=True)
class _Sync:
    """What a sync made sure of, and what else was there by then, synced or not."""

    files: dict[int, bytes]
    folders: dict[int, Names]
    present: dict[int, Names]


@dataclass
class Disk:
    """Everything below `root`, and the syncs since it was watched."""

    root: Path
    syncs: list[_Sync] = field(default_factory=list)
    _inode: int = 0
    _folder_inodes: set[int] = field(default_factory=set)
    _held: dict[int, int] = field(default_factory=dict)  # open, so that no inode is used again
    _lock: RLock = field(default_factory=RLock)

    @contextmanager
    def watched(self, without: str = "") -> Iterator[None]:
        """Record the syncs of this process; files whose name ends with `without` get none."""
        self._inode = self.root.stat().st_ino
        files = {path.stat().st_ino: path.read_bytes() for path in self._files()}
        self._record(files, self._folders())
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "fsync", self._instead(os.fsync, without))
            patch.setattr(sqlite3, "connect", self._connecting(sqlite3.connect))
            yield
        for descriptor in self._held.values():
            os.close(descriptor)

    def after_power_cut(self, moment: int, *, torn: bool) -> None:
        """Put the disk back to what it was when so many syncs were done.

        Of what was not synced nothing is there or, when it is `torn`, the names without content.
        """
        files: dict[int, bytes] = {}
        folders: dict[int, Names] = {}
        for sync in self.syncs[:moment]:
            files |= sync.files
            folders |= sync.folders
        if torn:
            folders |= self.syncs[moment - 1].present
        shutil.rmtree(self.root)
        self._lay_out(self.root, self._inode, files, folders)

    def _lay_out(
        self, place: Path, inode: int, files: dict[int, bytes], folders: dict[int, Names]
    ) -> None:
        place.mkdir()
        for name, each in folders.get(inode, {}).items():
            if each in self._folder_inodes:
                self._lay_out(place / name, each, files, folders)
            else:
                (place / name).write_bytes(files.get(each, b""))

    def _instead(self, fsync: Any, without: str) -> Any:
        def recording(descriptor: int) -> None:
            path = Path(f"/proc/self/fd/{descriptor}").readlink()
            if not path.is_relative_to(self.root) or (without and without in kind(path)):
                return
            fsync(descriptor)
            inode = os.fstat(descriptor).st_ino
            with self._lock:
                if path.is_dir():
                    self._record({}, {inode: self._names(path)})
                else:
                    self._record({inode: path.read_bytes()}, {})

        return recording

    def _connecting(self, connect: Any) -> Any:
        disk = self

        class Recorded(sqlite3.Connection):
            def commit(self) -> None:
                super().commit()
                (level,) = self.execute("PRAGMA synchronous").fetchone()
                if level >= _FULL:
                    disk._record_database(Path(self.execute("PRAGMA database_list").fetchone()[2]))

        def connecting(*arguments: Any, **named: Any) -> sqlite3.Connection:
            connection: sqlite3.Connection = connect(*arguments, factory=Recorded, **named)
            return connection

        return connecting

    def _record_database(self, database: Path) -> None:
        paths = [database, *database.parent.glob(f"{database.name}-wal")]
        files = {path.stat().st_ino: path.read_bytes() for path in paths}
        folder = database.parent.stat().st_ino
        names = dict(self._known(folder)) | {path.name: path.stat().st_ino for path in paths}
        self._record(files, {folder: names})

    def _known(self, folder: int) -> Names:
        for sync in reversed(self.syncs):
            if folder in sync.folders:
                return sync.folders[folder]
        return {}

    def _record(self, files: dict[int, bytes], folders: dict[int, Names]) -> None:
        present = self._folders()
        self._folder_inodes |= set(present)
        for path in (self.root, *self.root.rglob("*")):
            if (inode := path.stat().st_ino) not in self._held:
                self._held[inode] = os.open(path, os.O_PATH)
        self.syncs.append(_Sync(files, folders, present))

    def _files(self) -> list[Path]:
        return [path for path in self.root.rglob("*") if path.is_file()]

    def _folders(self) -> dict[int, Names]:
        places = [self.root, *(path for path in self.root.rglob("*") if path.is_dir())]
        return {place.stat().st_ino: self._names(place) for place in places}

    def _names(self, place: Path) -> Names:
        return {path.name: path.stat().st_ino for path in place.iterdir()}


def kind(path: Path) -> str:
    """What a file is, by its ending; of a folder, `folder`."""
    return "folder" if path.is_dir() else path.suffix
