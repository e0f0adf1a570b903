"""Objects are seen whole, and only when their delivery is committed."""

from pathlib import Path

import pytest

from ingest.objects.outbox import Outbox

KEY = "2026/01/02/03/orders-1"


def seen(folder: Path) -> dict[str, bytes]:
    """What a reader of the folder sees: nothing that is hidden."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    }


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path, "orders")


def test_staged_objects_are_not_seen(outbox: Outbox, tmp_path: Path) -> None:
    outbox.stage("1", KEY, b"x")
    outbox.seal("1")
    assert seen(tmp_path) == {}
    assert outbox.staged() == ["1"]


def test_published_objects_are_seen_and_nothing_else_is_left(
    outbox: Outbox, tmp_path: Path
) -> None:
    outbox.stage("1", KEY, b"x")
    outbox.stage("1", "elsewhere", b"y")
    outbox.seal("1")
    outbox.publish("1")
    assert seen(tmp_path) == {KEY: b"x", "elsewhere": b"y"}
    assert outbox.staged() == []
    assert {path.name for path in tmp_path.iterdir()} == {"2026", "elsewhere"}


def test_what_is_published_in_part_is_finished(outbox: Outbox, tmp_path: Path) -> None:
    outbox.stage("1", "a/1", b"x")
    outbox.stage("1", "a/2", b"y")
    outbox.seal("1")
    # Killed after the first of them.
    (tmp_path / ".staging" / "orders" / "1" / "a" / "1").rename(tmp_path / "a" / "1")
    assert outbox.staged() == ["1"]
    outbox.publish("1")
    assert seen(tmp_path) == {"a/1": b"x", "a/2": b"y"}
    outbox.publish("1")
    assert seen(tmp_path) == {"a/1": b"x", "a/2": b"y"}


def test_what_is_discarded_leaves_nothing(outbox: Outbox, tmp_path: Path) -> None:
    outbox.stage("1", KEY, b"x")
    outbox.discard("1")
    assert list(tmp_path.iterdir()) == []
    outbox.discard("1")


def test_others_are_left_alone(outbox: Outbox, tmp_path: Path) -> None:
    other = Outbox(tmp_path, "clicks")
    other.stage("1", "2026/clicks", b"c")
    outbox.stage("1", "2026/orders", b"o")
    outbox.stage("2", "2026/more", b"m")
    outbox.discard("2")
    outbox.publish("1")
    assert seen(tmp_path) == {"2026/orders": b"o"}
    assert other.staged() == ["1"]
    other.publish("1")
    assert seen(tmp_path) == {"2026/orders": b"o", "2026/clicks": b"c"}


def test_an_object_that_can_t_be_there_is_known_before_the_commit(
    outbox: Outbox, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="file"):
        outbox.stage("1", "file/below", b"x")


def test_nothing_staged_needs_no_folder(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "nowhere", "orders")
    outbox.seal("1")
    outbox.publish("1")
    assert outbox.staged() == []
    assert not (tmp_path / "nowhere").exists()
