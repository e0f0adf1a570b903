"""Streams with objects whose ingester is killed: nothing is lost, doubled, or seen too early."""

import json
import multiprocessing
import os
import signal
from collections import Counter
from itertools import count
from pathlib import Path

import pytest

from ingest.buffering import BufferingHints
from tests.object_streams import Stream, error_records, hidden

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload([__name__, "ingest", "lakehouse.catalog"])

LINES = [json.dumps({"customer": f"c{n % 3}", "n": n}) if n % 5 else f"bad {n}" for n in range(40)]
GOOD = [line for line in LINES if not line.startswith("bad")]
SMALL = BufferingHints(block=200, delivery=400)
LARGER = BufferingHints(block=300, delivery=700)
SETTINGS = """
[streams.clicks.objects]
prefix = "!{partitionKeyFromQuery:customer}/"
error_prefix = "!{firehose:error-output-type}/"
partition_keys = { customer = ".customer" }
[streams.clicks.backup]
"""


@pytest.fixture
def stream(tmp_path: Path) -> Stream:
    (tmp_path / "clicks.log").write_text("\n".join([*LINES, ""]))
    return Stream.declared(tmp_path, "clicks", SETTINGS)


def die_at_a_step(stream: Stream, step: str, nth: int) -> None:
    """Land, and die when the step is reached for the nth time."""
    reached = count(1)

    def watch(name: str) -> None:
        if name == step and next(reached) == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    stream.land(stream.folder / "clicks.log", hints=SMALL, reached=watch)


def die_while_publishing(stream: Stream, nth: int) -> None:
    """Land, and die when the nth object is moved to where it is seen."""
    moves, rename = count(1), Path.rename

    def rename_or_die(path: Path, target: Path) -> Path:
        if next(moves) == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return rename(path, target)

    Path.rename = rename_or_die  # type: ignore[method-assign, assignment]
    stream.land(stream.folder / "clicks.log", hints=SMALL)


def run(target: object, *arguments: object) -> int | None:
    process = SERVER.Process(target=target, args=arguments)  # type: ignore[arg-type]
    process.start()
    process.join()
    return process.exitcode


def delivered_lines(stream: Stream) -> tuple[list[str], list[str], list[str]]:
    """The lines that a reader sees: records, errors, and the backup."""
    records, errors = [], []
    for key, content in stream.objects().items():
        if key.startswith("metadata-extraction-failed/"):
            errors += [record["rawData"].decode() for record in error_records(content)]
        else:
            records += content.decode().splitlines()
    backup = [line for c in stream.objects("backup").values() for line in c.decode().splitlines()]
    return records, errors, backup


def check_all_delivered_once(stream: Stream) -> None:
    records, errors, backup = delivered_lines(stream)
    assert sorted(records) == sorted(GOOD)
    assert sorted(errors) == sorted(set(LINES) - set(GOOD))
    assert sorted(backup) == sorted(LINES)
    assert hidden(stream.settings.home / "objects") == []
    assert hidden(stream.settings.home / "backup") == []
    # The table of objects tells of exactly those that are there.
    told = {row["key"]: row["records"] for row in stream.rows("ops.objects")}
    seen = {k: len(c.splitlines()) for k, c in stream.objects().items() if not k.startswith("meta")}
    assert told == seen


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("step", ["files written", "committed", "delivered"])
def test_killed_at_a_step(stream: Stream, step: str, nth: int) -> None:
    assert run(die_at_a_step, stream, step, nth) == -signal.SIGKILL
    records, _, _ = delivered_lines(stream)
    assert max(Counter(records).values(), default=0) <= 1
    stream.land(stream.folder / "clicks.log", hints=LARGER)
    check_all_delivered_once(stream)


@pytest.mark.parametrize("nth", [1, 2, 6])
def test_killed_while_objects_are_published(stream: Stream, nth: int) -> None:
    assert run(die_while_publishing, stream, nth) == -signal.SIGKILL
    stream.land(stream.folder / "clicks.log", hints=LARGER)
    check_all_delivered_once(stream)


def test_nothing_of_a_delivery_that_was_not_made_is_seen(stream: Stream) -> None:
    assert run(die_at_a_step, stream, "files written", 1) == -signal.SIGKILL
    assert stream.objects() == stream.objects("backup") == {}
