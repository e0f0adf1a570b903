"""The objects of one delivery, in all the folders that a stream writes to."""

from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from ingest.objects.outbox import Outbox


class Shipments:
    """The outboxes of a stream, and the shipment under way: what its next commit publishes.

    A shipment has a name that no other has. The checkpoint of a delivery tells the name of its
    shipment, so it is known of each one that is staged whether it was delivered.
    """

    def __init__(self, stream: str, folders: Sequence[Path]) -> None:
        self._outboxes = {folder: Outbox(folder, stream) for folder in folders}
        self._begin()

    def _begin(self) -> None:
        self._name = uuid4().hex
        self._empty = True

    @property
    def name(self) -> str:
        """The shipment under way; "" while nothing is staged."""
        return "" if self._empty else self._name

    def stage(self, folder: Path, key: str, content: bytes) -> None:
        """Put an object into the shipment under way."""
        self._empty = False
        self._outboxes[folder].stage(self._name, key, content)

    def seal(self) -> None:
        """Wait until the shipment is on the disk; after this a commit may name it."""
        if not self._empty:
            for outbox in self._outboxes.values():
                outbox.seal(self._name)

    def leave(self) -> None:
        """Leave the shipment under way to whoever finds it, and begin another one."""
        self._begin()

    def discard(self) -> None:
        """Remove the shipment under way, and begin another one."""
        self._discard(self._name)
        self._begin()

    def publish(self, name: str) -> None:
        """Let the objects of a delivered shipment ("": there was none) be seen."""
        for outbox in self._outboxes.values() if name else ():
            outbox.publish(name)

    def undelivered(self, delivered: str) -> list[str]:
        """The staged shipments, but for the `delivered` one and the one under way."""
        staged = {name for outbox in self._outboxes.values() for name in outbox.staged()}
        return sorted(staged - {delivered, self._name})

    def discard_all(self, names: Sequence[str]) -> None:
        """Remove shipments that were never delivered."""
        for name in names:
            self._discard(name)

    def _discard(self, name: str) -> None:
        for outbox in self._outboxes.values():
            outbox.discard(name)
