"""The bookmarks that a checkpoint has let go of: the ledger of deliveries still has them.

Each delivery's row tells the bookmarks before and after it, and is entered before the next
delivery is made. So a log that comes back after its bookmark was forgotten is known again, for as
long as `ops.deliveries` reaches back.
"""

from collections.abc import Iterable, Iterator, Sequence
from io import BufferedIOBase
from itertools import chain
from threading import Lock

from pyiceberg.catalog import Catalog

from ingest.bookmarks import HEAD_BYTES, Bookmark, Checkpoint, Move, fingerprint
from ingest.history import moves_back


class Archive:
    """Every last bookmark of a stream's logs. The ledger is read when it is first asked."""

    def __init__(self, stream: str, catalog: Catalog) -> None:
        self._stream = stream
        self._catalog = catalog
        self._heads: dict[tuple[int, str], list[Bookmark]] | None = None
        self._names: dict[str, list[Bookmark]] = {}
        self._lock = Lock()  # a log is read ahead while the one before it is delivered

    def like(self, stream: BufferedIOBase, name: str, checkpoint: Checkpoint) -> list[Bookmark]:
        """The bookmarks of logs that begin like this one, or had its name."""
        with self._lock:
            heads = self._loaded(checkpoint)
            named = list(self._names.get(name, ()))
            lengths = {length for length, _ in heads}
        stream.seek(0)
        content = stream.read(HEAD_BYTES)
        alike = (heads.get((length, fingerprint(content[:length])), ()) for length in lengths)
        return [*dict.fromkeys((*chain.from_iterable(alike), *named))]

    def knows(self, bookmark: Bookmark, checkpoint: Checkpoint) -> bool:
        """Whether it would be found again."""
        with self._lock:
            return bookmark in self._loaded(checkpoint).get(_head(bookmark), ())

    def bookmarks(self, checkpoint: Checkpoint) -> list[Bookmark]:
        """All of them."""
        with self._lock:
            return [*chain.from_iterable(self._loaded(checkpoint).values())]

    def entered(self, moves: Sequence[Move]) -> None:
        """Learn what a delivery that the ledger has now did."""
        with self._lock:
            if self._heads is None:
                return  # it will be read
            for move in moves:
                if move.left and move.left.log == move.reached.log:
                    self._drop(move.left)
            self._keep(move.reached for move in moves)

    def _loaded(self, checkpoint: Checkpoint) -> dict[tuple[int, str], list[Bookmark]]:
        if self._heads is None:
            self._heads = {}
            self._keep(last_reached(moves_back(self._stream, checkpoint, self._catalog)))
        return self._heads

    def _keep(self, bookmarks: Iterable[Bookmark]) -> None:
        assert self._heads is not None  # noqa: S101 - both callers have seen to it
        for bookmark in bookmarks:
            self._heads.setdefault(_head(bookmark), []).append(bookmark)
            self._names.setdefault(bookmark.log, []).append(bookmark)

    def _drop(self, bookmark: Bookmark) -> None:
        assert self._heads is not None  # noqa: S101 - its caller has seen to it
        for held in (self._heads.get(_head(bookmark), []), self._names.get(bookmark.log, [])):
            if bookmark in held:
                held.remove(bookmark)


def last_reached(moves: Iterable[Move]) -> Iterator[Bookmark]:
    """Of moves, the last one first, the bookmarks that no later move has replaced."""
    replaced: set[Bookmark] = set()
    for move in moves:
        if move.reached in replaced:
            replaced.discard(move.reached)
        else:
            yield move.reached
        if move.left and move.left.log == move.reached.log:
            replaced.add(move.left)


def _head(bookmark: Bookmark) -> tuple[int, str]:
    return min(bookmark.offset, HEAD_BYTES), bookmark.head
