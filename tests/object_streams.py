"""Streams whose records go to objects, on a clock that the tests set."""

import base64
import gzip
import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pyiceberg.catalog import Catalog

from ingest.buffering import AT_ONCE, BufferingHints
from ingest.landing import Landing, LandingReport
from ingest.logs import identify
from ingest.opening import open_stream
from lakehouse.catalog import open_catalog
from lakehouse.config import Settings, load_settings
from tests.order_logs import Lake

NOON = datetime(2026, 1, 2, 12, 30, 15, tzinfo=UTC)


class Clock:
    """Tells the same time until it is moved on."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass
class Stream:
    """A declared stream in a folder of its own, landed file by file."""

    folder: Path
    name: str
    clock: Clock = field(default_factory=Clock)
    now: Callable[[], datetime] | None = None  # in place of the clock
    generic: bool = False  # PyIceberg's own catalog, which commits one table at a time

    @staticmethod
    def declared(folder: Path, name: str, configuration: str) -> "Stream":
        """The stream of a lakehouse.toml with that content; its source is never looked for."""
        text = f'[streams.{name}]\nsource = "none"\n{configuration}\n'
        (folder / "lakehouse.toml").write_text(text)
        return Stream(folder, name)

    @property
    def settings(self) -> Settings:
        return load_settings(folder=self.folder, environment={})

    def land(
        self,
        *logs: Path,
        hints: BufferingHints = AT_ONCE,
        reached: Callable[[str], None] = lambda _: None,
        prepared: Callable[[Catalog], None] = lambda _: None,
    ) -> LandingReport:
        """Land logs, without the lock; `prepared` is shown the catalog before."""
        with open_catalog(self.settings) as own:
            catalog = Lake(self.settings, generic=True).catalog if self.generic else own
            prepared(catalog)
            with closing(
                open_stream(self.name, self.settings, catalog, reached, now=self.now or self.clock)
            ) as opened:
                landing = Landing(opened, hints)
                landing.land_files([identify(log, log.name) for log in logs])
                return landing.report(0.0)

    def objects(self, place: str = "objects") -> dict[str, bytes]:
        """What a reader sees in a folder of the home: keys, and contents decompressed."""
        return seen(self.settings.home / place / self.name)

    def rows(self, table: str) -> list[dict[str, Any]]:
        with open_catalog(self.settings) as catalog:
            found: list[dict[str, Any]] = catalog.load_table(table).scan().to_arrow().to_pylist()
            return found


def seen(folder: Path) -> dict[str, bytes]:
    """The objects in a folder that are not hidden, by their keys."""
    found = {}
    for path in sorted(folder.rglob("*")) if folder.exists() else ():
        key = path.relative_to(folder).as_posix()
        if path.is_file() and not key.startswith("."):
            content = path.read_bytes()
            found[key] = gzip.decompress(content) if key.endswith(".gz") else content
    return found


def hidden(folder: Path) -> list[str]:
    """What is staged in a folder, or was left there."""
    return [p.name for p in folder.rglob("*") if p.name.startswith(".")]


def error_records(content: bytes) -> list[dict[str, Any]]:
    """The records of an error object, with their data decoded."""
    lines = [json.loads(line) for line in content.splitlines()]
    return [line | {"rawData": base64.b64decode(line["rawData"])} for line in lines]
