"""The sources of a stream: the log files that its paths and patterns name now."""

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.logs import LogFile, identify, logs_below, natural
from lakehouse.errors import SourceError
from lakehouse.stream_settings import STDIN


@dataclass(frozen=True)
class Found:
    """A file of a source; `name` is what the landing tables call it."""

    path: Path
    name: str


def find_sources(sources: Sequence[Path], suffixes: Sequence[str]) -> list[Found]:
    """The files that absolute paths and patterns name now, in natural order; maybe none.

    A path that exists is meant literally, whatever signs are in it. Of a folder those files
    count that end with one of the `suffixes`, see `logs_below`, of a pattern all that are not
    hidden. A file's name is its path below what all sources have in common.
    """
    places = [_place(source) for source in sources if source != STDIN]
    if not places:
        return []
    common = Path(os.path.commonpath([place for place, _ in places]))
    if common.is_file():
        common = common.parent
    paths = {path for place, pattern in places for path in _files(place, pattern, suffixes)}
    return [Found(p, p.relative_to(common).as_posix()) for p in sorted(paths, key=natural)]


def read_sources(sources: Sequence[Path], suffixes: Sequence[str]) -> list[LogFile]:
    """The files of the sources that are not empty.

    Raises SourceError when there are none, or one that no log can be read from.
    """
    files = [identify(found.path, found.name) for found in find_sources(sources, suffixes)]
    if not (files := [file for file in files if file.size]):
        raise _nothing(sources, suffixes)
    return files


def _nothing(sources: Sequence[Path], suffixes: Sequence[str]) -> SourceError:
    if len(sources) == 1 and sources[0].is_file():
        return SourceError(f"{sources[0]} is empty", hint="put lines into it")
    if len(sources) == 1 and sources[0].exists() and not sources[0].is_dir():
        hint = 'pipe it into a stream with source = "-": lakehouse ingest STREAM < PIPE'
        return SourceError(f"{sources[0]} is a pipe or a device, not a file", hint=hint)
    counted = ", ".join(f"{suffix}, {suffix}.gz" for suffix in suffixes)
    hint = f"what counts in a folder: {counted}"
    if not any(source.exists() for source in sources):
        hint = "check the path, run `lakehouse generate`, or name another source in [streams.NAME]"
    return SourceError(f"no logs in {', '.join(map(str, sources))}", hint=hint)


def _place(source: Path) -> tuple[Path, str]:
    """The literal beginning of a path or pattern, and the pattern below it ("" for none)."""
    place = source
    while not place.exists() and place != place.parent:
        place = place.parent
    for part in source.relative_to(place).parts:
        if glob.has_magic(part):
            return place, source.relative_to(place).as_posix()
        place /= part
    return place, ""


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _files(place: Path, pattern: str, suffixes: Sequence[str]) -> Iterator[Path]:
    if pattern:
        found = (path for path in place.glob(pattern) if path.is_file())
        yield from (path for path in found if not _hidden(path.relative_to(place)))
    elif place.is_dir():
        yield from (place / name for name in logs_below(place, suffixes))
    elif place.is_file():
        yield place
