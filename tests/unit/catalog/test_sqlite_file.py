"""The catalog file: damaged in every way, older, newer, shared."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.catalog import load_catalog
from sqlalchemy import text

from lakehouse.catalog import open_catalog
from lakehouse.catalog.sqlite_file import SCHEMA_VERSION, open_file
from lakehouse.config import Settings
from lakehouse.errors import CatalogError, MachineError

SCHEMA = pa.schema({"id": pa.int64()})


@pytest.fixture
def file(settings: Settings) -> Path:
    """A catalog file that holds a namespace and twelve tables."""
    with open_catalog(settings) as catalog:
        catalog.create_namespace("shop", {"comment": "orders"})
        for number in range(12):
            catalog.create_table(("shop", f"t{number}"), SCHEMA)
    return settings.home / "catalog.db"


def truncate(size: int) -> Callable[[Path], object]:
    return lambda file: file.write_bytes(file.read_bytes()[:size])


def overwrite_a_page(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    file.write_bytes(content)


def replace_by_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda file: file.write_text("no database " * 100), "not a database"),
        (truncate(50), "malformed|not a database"),
        (truncate(4096), "malformed"),
        (truncate(10_000), "malformed"),
        (truncate(0), "empty"),
        (lambda file: file.unlink(), "missing"),
        (overwrite_a_page, "page 2|Page 2|malformed"),
        (replace_by_folder, "directory"),
    ],
)
def test_a_damaged_file_is_told_and_left_alone(
    settings: Settings, file: Path, damage: Callable[[Path], object], reason: str
) -> None:
    damage(file)
    before = file.read_bytes() if file.is_file() else None
    with pytest.raises(CatalogError, match=f"catalog.db is damaged: .*({reason})") as caught:
        open_catalog(settings)
    assert "backup" in caught.value.hint
    assert "\n" not in caught.value.message
    assert (file.read_bytes() if file.is_file() else None) == before


def test_damage_that_comes_later_is_told_too(settings: Settings, file: Path) -> None:
    with open_catalog(settings) as catalog:
        overwrite_a_page(file)
        with pytest.raises(CatalogError, match="damaged"):
            catalog.list_tables("shop")


def test_a_file_of_a_newer_version_is_not_touched(settings: Settings, file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    with pytest.raises(CatalogError, match="schema 2; this version knows 1") as caught:
        open_catalog(settings)
    assert caught.value.hint == "upgrade lakehouse"


def test_a_file_of_pyiceberg_before_views_is_taken_over(settings: Settings) -> None:
    settings.warehouse.mkdir(parents=True)
    file = settings.home / "catalog.db"
    with load_catalog(
        "lake", type="sql", uri=f"sqlite:///{file}", warehouse=str(settings.warehouse)
    ) as old:
        old.create_namespace("shop")
        old.create_table("shop.t", SCHEMA)
    with sqlite3.connect(file) as connection:
        connection.execute("ALTER TABLE iceberg_tables DROP COLUMN iceberg_type")
    connection.close()
    with open_catalog(settings) as catalog:
        assert catalog.list_tables("shop") == [("shop", "t")]
        catalog.load_table("shop.t").append(pa.table({"id": [1]}))
        catalog.create_table("shop.u", SCHEMA)
        assert catalog.load_table("shop.t").scan().to_arrow()["id"].to_pylist() == [1]


def test_a_home_that_is_a_file_is_told(settings: Settings) -> None:
    settings.home.write_text("")
    with pytest.raises(MachineError, match="can't write to the home"):
        open_catalog(settings)


def test_a_folder_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="can't be opened"):
        open_file(tmp_path / "none" / "catalog.db")


def test_readers_go_on_while_somebody_writes(file: Path) -> None:
    count = text("SELECT count(*) FROM iceberg_tables")
    writing, reading = open_file(file), open_file(file)
    with writing.connect() as writer, reading.connect() as reader:
        writer.execute(text("DELETE FROM iceberg_tables WHERE table_name = 't1'"))
        assert reader.execute(count).scalar() == 12
        writer.commit()
        assert reader.execute(count).scalar() == 11
    writing.dispose()
    reading.dispose()


def test_a_commit_is_on_disk_before_it_is_told(file: Path) -> None:
    engine = open_file(file)
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2  # FULL
    engine.dispose()
