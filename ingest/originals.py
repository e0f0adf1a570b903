"""A line as it stands in its log, for who wants to see where a row came from."""

from collections.abc import Mapping
from itertools import islice

from ingest.logs import Log, identify
from ingest.opening import suffixes
from ingest.sources import Found, find_sources
from lakehouse.errors import SourceError
from lakehouse.stream_settings import StreamSettings


def original_line(
    streams: Mapping[str, StreamSettings], source_file: str, source_line: int
) -> str | None:
    """The text of a line, by the columns `source_file` and `source_line` of the landing tables.

    The files are looked for where the streams read from now. Returns None when none is called
    that any more, can't be read, or has no such line. Bytes that are no UTF-8 read as Latin-1.
    """
    for stream in streams.values():
        for found in find_sources(stream.source, suffixes(stream)):
            if source_file == found.name or source_file.startswith(f"{found.name}#"):
                text = _line(found, source_file, source_line)
                if text is not None:
                    return text
    return None


def _line(found: Found, source_file: str, source_line: int) -> str | None:
    try:
        for log in identify(found.path, found.name).logs():
            if log.name == source_file:
                return _line_of(log, source_line)
    except (OSError, SourceError):
        return None
    return None


def _line_of(log: Log, number: int) -> str | None:
    with log.open() as stream:
        line = next(islice(stream, number - 1, number), None)
    if line is None:
        return None
    line = line.rstrip(b"\r\n")
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")
