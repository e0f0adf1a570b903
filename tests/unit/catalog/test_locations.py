from pathlib import Path

import pytest

from lakehouse.catalog.locations import location_of, path_of, unused_location


@pytest.mark.parametrize("name", ["plain", "with space", "per%20cent", "ha#sh", "que?ry", "a:b"])
def test_a_path_survives_becoming_a_location(tmp_path: Path, name: str) -> None:
    assert path_of(location_of(tmp_path / name)) == tmp_path / name


def test_an_ordinary_path_becomes_a_uri() -> None:
    assert location_of(Path("/home/ann/.lake")) == "file:///home/ann/.lake"


def test_a_path_that_uris_would_change_stays_a_path() -> None:
    assert location_of(Path("/home/ann/my lake")) == "/home/ann/my lake"


def test_other_spellings_of_a_local_location_are_understood() -> None:
    for location in ("/a/b", "file:///a/b", "file:/a/b"):
        assert path_of(location) == Path("/a/b")


@pytest.mark.parametrize("location", ["s3://bucket/a", "file://host/a", "gs://b/c", "relative"])
def test_what_lies_elsewhere_has_no_path(location: str) -> None:
    assert path_of(location) is None


def test_a_folder_with_files_is_not_used_again(tmp_path: Path) -> None:
    location = location_of(tmp_path / "t")
    assert unused_location(location) == location
    (tmp_path / "t" / "data").mkdir(parents=True)
    assert unused_location(location) == location
    (tmp_path / "t" / "data" / "rows.parquet").touch()
    other = unused_location(location)
    assert other != location
    assert other.startswith(location + "-")
