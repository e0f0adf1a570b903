"""Objects on their way into a folder: staged first, published when their delivery is committed.

Whoever reads the folder sees the objects of committed deliveries only, each whole. An ingester
that dies leaves staged objects behind: those of a delivery that was committed are published by
the next one, the others are removed.
"""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from lakehouse.catalog.durability import sync_files

STAGING = ".staging"


class Outbox:
    """The way of one stream's objects into `folder`, delivery by delivery.

    A delivery is named by a text that no other delivery has. Moving a file within a file system
    is atomic, so staged objects lie in the same folder.
    """

    def __init__(self, folder: Path, stream: str) -> None:
        self._folder = folder
        self._staging = folder / STAGING / stream

    def stage(self, delivery: str, key: str, content: bytes) -> None:
        """Write an object that is not to be seen yet. Raises OSError when it can't be there."""
        (self._folder / key).parent.mkdir(parents=True, exist_ok=True)
        path = self._staging / delivery / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def seal(self, delivery: str) -> None:
        """Wait until what is staged is on the disk: a commit may rely on it."""
        if not (self._staging / delivery).is_dir():
            return
        everything = [self._staging / delivery, *(self._staging / delivery).rglob("*")]
        places = self._places(self._keys(delivery))
        sync_files([*everything, self._staging, self._staging.parent, *places])

    def publish(self, delivery: str) -> None:
        """Let the objects of a committed delivery be seen."""
        keys = self._keys(delivery)
        for key in keys:
            target = self._folder / key
            target.parent.mkdir(parents=True, exist_ok=True)
            (self._staging / delivery / key).rename(target)
        sync_files([self._folder / key for key in keys] + list(self._places(keys)))
        self.discard(delivery)

    def discard(self, delivery: str) -> None:
        """Remove what is staged of a delivery, with the folders made for it that are empty."""
        places = {(self._folder / key).parent for key in self._keys(delivery)}
        if (self._staging / delivery).is_dir():
            shutil.rmtree(self._staging / delivery)
        for place in (self._staging, self._staging.parent, *sorted(places, reverse=True)):
            self._remove_empty(place)

    def staged(self) -> list[str]:
        """The deliveries that have something staged."""
        if not self._staging.is_dir():
            return []
        return sorted(path.name for path in self._staging.iterdir())

    def _places(self, keys: list[str]) -> set[Path]:
        """The folders that objects of those keys lie in, and those above up to the outbox's."""
        places = {above for key in keys for above in (self._folder / key).parents}
        return {place for place in places if place.is_relative_to(self._folder)}

    def _keys(self, delivery: str) -> list[str]:
        return sorted(self._files(self._staging / delivery))

    @staticmethod
    def _files(place: Path) -> Iterator[str]:
        for path in place.rglob("*") if place.is_dir() else ():
            if path.is_file():
                yield path.relative_to(place).as_posix()

    def _remove_empty(self, place: Path) -> None:
        with suppress(OSError):  # something lies there, or somebody else removed it
            while place != self._folder:
                place.rmdir()
                place = place.parent
