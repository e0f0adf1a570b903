import os
import resource
from pathlib import Path

import pytest

from ingest.generator.day_files import prepare_folder, write_day
from lakehouse.errors import MachineError


def test_a_day_is_written_once(tmp_path: Path) -> None:
    file = tmp_path / "day.csv"
    assert write_day(file, b"one\n")
    written = file.stat().st_mtime_ns
    assert not write_day(file, b"one\n")
    assert file.stat().st_mtime_ns == written
    assert write_day(file, b"two\n")
    assert file.read_bytes() == b"two\n"
    assert list(tmp_path.iterdir()) == [file]


def test_what_a_killed_run_left_is_swept_and_a_running_one_is_left_alone(tmp_path: Path) -> None:
    dead, alive = tmp_path / ".a.csv.999999999.part", tmp_path / f".a.csv.{os.getpid()}.part"
    for part in (dead, alive):
        part.write_bytes(b"half")
    prepare_folder(tmp_path)
    assert list(tmp_path.iterdir()) == [alive]


def test_a_file_that_outgrows_its_room_leaves_the_old_one_and_nothing_half(tmp_path: Path) -> None:
    file = tmp_path / "day.csv"
    file.write_bytes(b"old\n")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        with pytest.raises(MachineError, match=r"day\.csv: File too large") as e:
            write_day(file, b"line\n" * 1_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "space" in e.value.hint
    assert file.read_bytes() == b"old\n"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_that_cannot_be_made_is_named_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    for folder in (tmp_path / "taken", tmp_path / "taken" / "below"):
        with pytest.raises(MachineError, match="taken") as e:
            prepare_folder(folder)
        assert "choose another folder" in e.value.hint


def test_a_folder_in_the_place_of_a_log_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "day.csv").mkdir()
    with pytest.raises(MachineError, match=r"day\.csv"):
        write_day(tmp_path / "day.csv", b"x\n")
    assert [file.name for file in tmp_path.iterdir()] == ["day.csv"]
