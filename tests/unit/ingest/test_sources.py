"""Which files the sources of a stream name."""

import os
from pathlib import Path

import pytest

from ingest.sources import find_sources, read_sources
from ingest.streams import due_streams, left_out_streams
from lakehouse.config import load_settings
from lakehouse.errors import SourceError


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A folder whose own name looks like a pattern."""
    folder = tmp_path / "a [b] *"
    for name in ("o-10.csv", "o-2.csv", "o.csv.1", ".hidden.csv", "note.txt", "below/o-1.csv"):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x\n")
    return folder


@pytest.mark.parametrize(
    ("sources", "names"),
    [
        (["."], ["below/o-1.csv", "o-2.csv", "o-10.csv", "o.csv.1"]),
        (["o-2.csv"], ["o-2.csv"]),
        (["*.csv"], ["o-2.csv", "o-10.csv"]),
        (["o.csv*"], ["o.csv.1"]),
        (["**/*.csv"], ["below/o-1.csv", "o-2.csv", "o-10.csv"]),
        (["o-[12].csv"], ["o-2.csv"]),
        (["below", "o-2.csv", "o-2*"], ["below/o-1.csv", "o-2.csv"]),
        (["below/*.csv"], ["o-1.csv"]),
        (["missing", "missing/*.csv", "missing.csv"], []),
    ],
    ids=str,
)
def test_paths_and_patterns(logs: Path, sources: list[str], names: list[str]) -> None:
    found = find_sources([logs / source for source in sources], [".csv"])
    assert [each.name for each in found] == names
    assert all(each.path.is_file() for each in found)


def test_sources_without_logs_are_told(logs: Path) -> None:
    with pytest.raises(SourceError, match="no logs in") as e:
        read_sources([logs / "below"], [".log"])
    assert ".log.gz" in e.value.hint
    with pytest.raises(SourceError, match="no logs in") as e:
        read_sources([logs / "nowhere"], [".log"])
    assert "[streams.NAME]" in e.value.hint


def test_what_is_no_file_is_passed_over(tmp_path: Path) -> None:
    """A pipe would be waited for, and a link to nothing can't be opened."""
    (tmp_path / "a.csv").write_text("x\n")
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "dangling.csv").symlink_to("nowhere.csv")
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    (tmp_path / "link.csv").symlink_to("a.csv")
    (tmp_path / "folder.csv").mkdir()
    names = [found.name for found in find_sources([tmp_path], (".csv",))]
    assert names == ["a.csv", "link.csv"]


def test_a_pipe_as_a_source_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(SourceError, match="a pipe or a device") as e:
        read_sources([tmp_path / "pipe.csv"], (".csv",))
    assert 'source = "-"' in e.value.hint


def test_a_run_over_all_streams_leaves_out_built_in_ones_without_generated_logs(
    tmp_path: Path,
) -> None:
    """One whose source is declared, and others, are landed, or tell that nothing is there."""
    settings = load_settings(folder=tmp_path, environment={}, flags={"home": tmp_path / "home"})
    assert due_streams(settings) == ["orders"]  # so that it tells what to do
    (tmp_path / "home" / "logs" / "access").mkdir(parents=True)
    assert due_streams(settings) == ["access_logs"]
    assert left_out_streams(settings) == ["orders"]
    (tmp_path / "lakehouse.toml").write_text(
        '[streams.orders]\nsource = "shop/orders.csv*"\n'
        '[streams.tills]\nsource = "tills"\nformat = "csv"\ntable = "landing.tills"\n'
        'columns = { sku = "string" }\n'
    )
    settings = load_settings(folder=tmp_path, environment={})
    assert sorted(due_streams(settings)) == ["orders", "tills"]
    assert left_out_streams(settings) == ["access_logs"]
