"""A home that was copied or moved is refused before anything is written to the original."""

import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from lakehouse.catalog import open_catalog
from lakehouse.config import Settings, load_settings
from lakehouse.errors import CatalogError

SCHEMA = pa.schema({"id": pa.int64()})
# Plain, one that is no URI, and one that is reached through a door.
NAMES = ["plain", "a b%20'#", "käse"]


def home_in(folder: Path) -> Settings:
    folder.mkdir(exist_ok=True)
    return load_settings(folder=folder, environment={})


@pytest.fixture(params=NAMES)
def original(tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    settings = home_in(tmp_path / request.param)
    with open_catalog(settings) as catalog:
        catalog.create_namespace("core")
        catalog.create_table("core.t", SCHEMA).append(pa.table({"id": [1]}))
    return settings


@pytest.mark.parametrize("name", ["copy", "kopié"])
def test_a_copied_home_is_refused_and_the_original_goes_on(
    tmp_path: Path, original: Settings, name: str
) -> None:
    copy = home_in(tmp_path / name)
    shutil.copytree(original.home, copy.home)
    with pytest.raises(CatalogError) as refused:
        open_catalog(copy)
    assert f"{copy.home} is a copy of {original.home}" in refused.value.message
    assert f"--home {original.home}" in refused.value.hint
    with open_catalog(original) as catalog:
        catalog.load_table("core.t").append(pa.table({"id": [2]}))
        assert catalog.load_table("core.t").scan().to_arrow()["id"].to_pylist() == [2, 1]


def test_a_moved_home_is_refused_until_it_is_back(tmp_path: Path, original: Settings) -> None:
    moved = home_in(tmp_path / "moved")
    original.home.rename(moved.home)
    with pytest.raises(CatalogError) as refused:
        open_catalog(moved)
    assert f"{moved.home} was moved from {original.home}" in refused.value.message
    assert "move it back" in refused.value.hint
    moved.home.rename(original.home)
    with open_catalog(original) as catalog:
        assert catalog.load_table("core.t").scan().to_arrow()["id"].to_pylist() == [1]


def test_a_link_where_the_home_was_keeps_it_whole(tmp_path: Path, original: Settings) -> None:
    moved = home_in(tmp_path / "disk2")
    original.home.rename(moved.home)
    original.home.symlink_to(moved.home)
    for settings in (moved, load_settings(folder=original.home.parent, environment={})):
        with open_catalog(settings) as catalog:
            assert catalog.load_table("core.t").scan().to_arrow()["id"].to_pylist() == [1]


def test_tables_of_other_places_are_welcome(tmp_path: Path, original: Settings) -> None:
    own = home_in(tmp_path / "own")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with open_catalog(original) as catalog:
        theirs = catalog.load_table("core.t").metadata_location
    with open_catalog(own) as catalog:
        catalog.create_namespace("core")
        catalog.register_table("core.theirs", theirs)
        catalog.create_table("core.far", SCHEMA, location=elsewhere.as_uri())
    with open_catalog(own) as catalog:
        assert catalog.load_table("core.theirs").scan().to_arrow()["id"].to_pylist() == [1]
        assert catalog.table_exists("core.far")
