"""What a crawler knows of its files since its last run, kept in the home.

A file is known by path, size and the time it was written; while these are the same it is not read
again. Losing the state costs one reading.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

from lakehouse.crawler.listing import ListedFile
from lakehouse.crawler.schemas import FileSchema, schema_from_json, schema_to_json

_VERSION = 1


@dataclass(frozen=True)
class KnownFile:
    """A file as it was read: its schema, or None and the `reason` why it has none."""

    size: int
    modified_ns: int
    schema: FileSchema | None
    reason: str = ""

    def is_still(self, listed: ListedFile) -> bool:
        """Whether the file is as it was."""
        return (self.size, self.modified_ns) == (listed.size, listed.modified_ns)


@dataclass(frozen=True)
class KnownTable:
    """A table that the crawler has made: where, and of what label and how many keys."""

    place: str
    label: str
    keys: int
    columns: tuple[str, ...]


@dataclass
class CrawlState:
    """Everything that is kept from one crawl to the next.

    `fingerprint` is that of the settings the files were read by; by others they are read again.
    `unread` are the reasons of files and folders that could not be read, which is told once,
    `excluded` the files that the settings exclude.
    """

    fingerprint: str = ""
    last_run: datetime | None = None
    files: dict[str, KnownFile] = field(default_factory=dict)
    tables: dict[str, KnownTable] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    excluded: list[str] = field(default_factory=list)


def state_file(home: Path, crawler: str) -> Path:
    """Where the state of a crawler is kept."""
    digest = sha256(crawler.encode()).hexdigest()[:16]
    return home / "crawlers" / f"{digest}.json"


def load_state(file: Path) -> CrawlState:
    """The state of the last run; an empty one when there is none, or it can't be read."""
    try:
        kept = json.loads(file.read_bytes())
        if kept["version"] != _VERSION:
            return CrawlState()
        return _state(kept)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return CrawlState()


def save_state(file: Path, state: CrawlState) -> None:
    """Keep the state, whole or not at all."""
    schemas: dict[FileSchema, int] = {}
    files = {}
    for path, known in state.files.items():
        number = None if known.schema is None else schemas.setdefault(known.schema, len(schemas))
        files[path] = [known.size, known.modified_ns, number, known.reason]
    kept = {
        "version": _VERSION,
        "fingerprint": state.fingerprint,
        "last_run": state.last_run.isoformat() if state.last_run else None,
        "schemas": [schema_to_json(schema) for schema in schemas],
        "files": files,
        "tables": {name: asdict(table) for name, table in state.tables.items()},
        "unread": state.unread,
        "excluded": state.excluded,
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(f".{uuid4().hex}")
    fresh.write_text(json.dumps(kept, ensure_ascii=True), encoding="ascii")
    fresh.replace(file)


def _state(kept: Mapping[str, Any]) -> CrawlState:
    schemas = [schema_from_json(each) for each in kept["schemas"]]
    files = {
        path: KnownFile(size, modified, None if number is None else schemas[number], reason)
        for path, (size, modified, number, reason) in kept["files"].items()
    }
    tables = {
        name: KnownTable(**{**table, "columns": tuple(table["columns"])})
        for name, table in kept["tables"].items()
    }
    last = datetime.fromisoformat(kept["last_run"]) if kept["last_run"] else None
    unread, excluded = kept["unread"], kept["excluded"]
    return CrawlState(kept["fingerprint"], last, files, tables, unread, excluded)
