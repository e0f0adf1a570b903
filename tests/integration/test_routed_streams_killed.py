"""Streams to several tables whose ingester is killed: each record is applied once."""

import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ingest.buffering import BufferingHints
from lakehouse.errors import ConfigError
from tests.object_streams import Stream

SERVER = multiprocessing.get_context("forkserver")
SERVER.set_forkserver_preload([__name__, "ingest", "lakehouse.catalog"])

KEYED = """
format = "json"
contract = "discard"
routing = { table = ".t", operation = ".op" }
[streams.shop.tables."landing.people"]
columns = { id = "long", n = "long" }
unique_keys = ["id"]
[streams.shop.tables."landing.notes"]
columns = { n = "long" }
"""
INSERTS = KEYED.replace('unique_keys = ["id"]', "").replace(', operation = ".op"', "")
RECORDS = [
    {"t": "notes" if n % 4 == 0 else "people" if n % 7 else "nowhere", "id": n % 5, "n": n}
    | {"op": ("insert", "update", "delete")[n % 3] if n % 4 else "insert"}
    for n in range(60)
]
SMALL = BufferingHints(block=400, delivery=800)
LARGER = BufferingHints(block=700, delivery=1_500)


def stream_of(folder: Path, settings: str) -> Stream:
    lines = [json.dumps(record) for record in RECORDS]
    (folder / "shop.json").write_text("\n".join([*lines, ""]))
    return Stream.declared(folder, "shop", settings)


def expected_people(*, keyed: bool) -> list[tuple[int, int]]:
    rows: list[tuple[int, int]] = []
    for record in RECORDS:
        if record["t"] != "people":
            continue
        key, number, operation = int(str(record["id"])), int(str(record["n"])), record["op"]
        if keyed and operation != "insert":
            rows = [row for row in rows if row[0] != key]
        if not keyed or operation != "delete":
            rows.append((key, number))
    return sorted(rows)


def die_at_a_step(stream: Stream, step: str, nth: int) -> None:
    """Land, and die when the step is reached for the nth time."""
    reached = count(1)

    def watch(name: str) -> None:
        if name == step and next(reached) == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    stream.land(stream.folder / "shop.json", hints=SMALL, reached=watch)


def die_at_a_commit(stream: Stream, nth: int, swapped: bool) -> None:
    """Land, and die just before or after the catalog takes the nth commit."""
    commits = count(1)

    def prepared(catalog: Any) -> None:
        name = "commit_table" if stream.generic else "commit_tables"
        commit: Callable[..., Any] = getattr(catalog, name)

        def commit_or_die(*arguments: Any) -> Any:
            mine = next(commits) == nth
            if mine and not swapped:
                os.kill(os.getpid(), signal.SIGKILL)
            response = commit(*arguments)
            if mine:
                os.kill(os.getpid(), signal.SIGKILL)
            return response

        setattr(catalog, name, commit_or_die)

    stream.land(stream.folder / "shop.json", hints=SMALL, prepared=prepared)


def run(target: object, *arguments: object) -> int | None:
    process = SERVER.Process(target=target, args=arguments)  # type: ignore[arg-type]
    process.start()
    process.join()
    return process.exitcode


def check_all_applied_once(stream: Stream, *, keyed: bool) -> None:
    people = sorted((row["id"], row["n"]) for row in stream.rows("landing.people"))
    assert people == expected_people(keyed=keyed)
    notes = sorted(row["n"] for row in stream.rows("landing.notes"))
    assert notes == [record["n"] for record in RECORDS if record["t"] == "notes"]
    lost = sorted(json.loads(row["raw"])["n"] for row in stream.rows("landing.rejects"))
    assert lost == [record["n"] for record in RECORDS if record["t"] == "nowhere"]


@pytest.mark.parametrize("nth", [1, 3])
@pytest.mark.parametrize("step", ["files written"])
def test_killed_at_a_step(tmp_path: Path, step: str, nth: int) -> None:
    stream = stream_of(tmp_path, KEYED)
    assert run(die_at_a_step, stream, step, nth) == -signal.SIGKILL
    stream.land(stream.folder / "shop.json", hints=LARGER)
    check_all_applied_once(stream, keyed=True)


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("nth", [1, 3])
def test_killed_in_a_commit(tmp_path: Path, nth: int, swapped: bool) -> None:
    stream = stream_of(tmp_path, KEYED)
    assert run(die_at_a_commit, stream, nth, swapped) == -signal.SIGKILL
    stream.land(stream.folder / "shop.json", hints=LARGER)
    check_all_applied_once(stream, keyed=True)


@pytest.mark.parametrize("nth", [1, 2, 5])
def test_killed_between_the_commits_of_a_catalog_that_makes_them_one_by_one(
    tmp_path: Path, nth: int
) -> None:
    stream = stream_of(tmp_path, INSERTS)
    stream.generic = True
    assert run(die_at_a_commit, stream, nth, True) == -signal.SIGKILL
    stream.land(stream.folder / "shop.json", hints=LARGER)
    check_all_applied_once(stream, keyed=False)


def test_updates_that_could_not_be_taken_back_are_refused(tmp_path: Path) -> None:
    stream = stream_of(tmp_path, KEYED)
    stream.generic = True
    with pytest.raises(ConfigError, match="commits one table at a time"):
        stream.land(stream.folder / "shop.json")
