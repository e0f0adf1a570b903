import os
import stat
import threading
from pathlib import Path

import pytest

from lakehouse.query.destinations import destination


def write(file: Path, content: bytes) -> None:
    with destination(file) as opened:
        opened.write(content)


def test_a_file_appears_whole(tmp_path: Path) -> None:
    file = tmp_path / "it's 100% r#sult.csv"
    with destination(file) as opened:
        opened.write(b"half")
        opened.flush()
        assert not file.exists()
    assert file.read_bytes() == b"half"
    assert list(tmp_path.iterdir()) == [file]


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "result.csv"
    file.write_bytes(b"before")
    with pytest.raises(TypeError), destination(file) as opened:
        opened.writelines([b"half", "no bytes"])  # type: ignore[list-item]
    assert file.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_and_a_mode_stay(tmp_path: Path) -> None:
    file, link = tmp_path / "result.csv", tmp_path / "link.csv"
    file.write_bytes(b"before")
    file.chmod(0o640)
    link.symlink_to(file)
    write(link, b"after")
    assert link.is_symlink()
    assert file.read_bytes() == b"after"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write(pipe, b"through")
    reader.join()
    assert read == [b"through"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), destination(tmp_path / "none" / "result.csv"):
        pass
