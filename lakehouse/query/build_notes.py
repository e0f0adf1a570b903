"""What dbt said of every node in the last builds: a note in the home, for who looks later.

dbt's own run_results.json holds the last invocation alone, which in a build is that of some tests.
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

KEPT = 20
# An exposure is nothing to be built: dbt calls it a no-op.
_GOOD = {"success", "pass", "unchanged", "no-op"}
_BAD = {"error", "fail", "runtime error", "partial success"}


@dataclass(frozen=True)
class NodeNote:
    """A model, seed, snapshot or test of a build, and how it ended (dbt's words, or unchanged)."""

    name: str
    kind: str
    status: str
    seconds: float
    message: str

    @property
    def good(self) -> bool:
        """Whether it was built, passed, or was left out because nothing changed."""
        return self.status in _GOOD

    @property
    def failed(self) -> bool:
        """Whether it failed itself."""
        return self.status in _BAD


@dataclass(frozen=True)
class BuildNote:
    """A build that got through dbt, well or not."""

    ended_at: datetime
    nodes: tuple[NodeNote, ...]

    def of(self, *kinds: str) -> list[NodeNote]:
        """Its nodes of some kinds."""
        return [node for node in self.nodes if node.kind in kinds]


def note_build(home: Path, ended_at: datetime, nodes: Iterable[NodeNote]) -> None:
    """Add a build to the note. A home that can't be written has none: the build holds all the same.

    Of what went well no message is kept.
    """
    said = [asdict(node) | ({"message": ""} if node.good else {}) for node in nodes]
    builds = [{"ended_at": ended_at.isoformat(), "nodes": said}, *_read(home)][:KEPT]
    note = _note(home)
    new = note.with_suffix(".new")
    with suppress(OSError):
        new.write_text(json.dumps(builds))
        new.replace(note)


def builds_noted(home: Path) -> list[BuildNote]:
    """The last builds, the newest first; none where none was noted or the note can't be read."""
    try:
        return [
            BuildNote(
                datetime.fromisoformat(each["ended_at"]),
                tuple(NodeNote(**node) for node in each["nodes"]),
            )
            for each in _read(home)
        ]
    except (ValueError, KeyError, TypeError):
        return []


def _read(home: Path) -> list[dict[str, Any]]:
    try:
        said = json.loads(_note(home).read_text())
    except (OSError, ValueError):
        return []
    return said if isinstance(said, list) else []


def _note(home: Path) -> Path:
    return home / "dbt" / "builds.json"
