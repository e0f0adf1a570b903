"""Homes whose paths hold what URIs, globs, SQL and casts trip over, with every engine."""

from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pytest
from pyiceberg.catalog import Catalog

from lakehouse.catalog import catalog_endpoint, open_catalog
from lakehouse.catalog.locations import location_of, path_of
from lakehouse.config import Settings, load_settings
from lakehouse.query.engine import attach_lake, load_extensions
from tests.contract.conftest import client_of

NAMES = [
    "plain",
    "with space",
    "per%20cent %",
    "ha#sh",
    "que?ry",
    "quo'te\"s",
    "ünïcødé 雪",
    "br[ac]k{et}s*",
    "a&b=c;d,e",
    "back\\slash",
    "~tilde$HOME",
]


@pytest.fixture(params=NAMES)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    folder = tmp_path / request.param
    folder.mkdir()
    return load_settings(folder=folder, environment={})


# polars would rather plan with a package of its own; with PyIceberg it plans all the same.
@pytest.mark.filterwarnings("ignore:Iceberg scan planning with the polars_iceberg plugin")
def test_every_engine_reads_and_writes_below_any_home(home: Settings) -> None:
    with catalog_endpoint(home) as endpoint, duckdb.connect() as con:
        load_extensions(con)
        attach_lake(con, endpoint)
        con.execute("CREATE SCHEMA lake.core")
        con.execute("CREATE TABLE lake.core.t AS SELECT i, 'ü' || i AS s FROM range(6) r(i)")
        con.execute("UPDATE lake.core.t SET s = 'é' WHERE i = 1")
        con.execute("DELETE FROM lake.core.t WHERE i = 2")
        with client_of(endpoint) as client:
            _write_with_pyiceberg(client)
        rows = con.execute("SELECT i, s FROM lake.core.t ORDER BY i").fetchall()
        assert rows == [(0, "ü0"), (1, "é"), (4, "ü4"), (5, "ü5"), (6, "six"), (7, "seven")]
    with open_catalog(home) as catalog:
        table = catalog.load_table("core.t")
        assert table.scan().to_arrow()["i"].to_pylist().count(7) == 1
        assert pl.scan_iceberg(table).collect().height == 6
        location = path_of(table.location())
        assert location is not None
        assert location.resolve() == (home.warehouse / "core" / "t").resolve()
        assert {file.suffix for file in home.warehouse.rglob("*") if file.is_file()} == {
            ".avro",
            ".json",
            ".parquet",
        }


def _write_with_pyiceberg(client: Catalog) -> None:
    table = client.load_table("core.t")
    columns = {"i": pa.array([6, 7], pa.int64()), "s": ["six", "seven"]}
    table.append(pa.table(columns))
    table.delete("i = 3")


def test_doors_of_homes_that_are_gone_are_removed(tmp_path: Path) -> None:
    doors = tmp_path / "doors"
    for name in ("é", "ü"):
        (tmp_path / name).mkdir()
        location_of(tmp_path / name, doors=doors)
        (tmp_path / name).rmdir()
    (left,) = doors.glob("*/*")
    assert left.readlink() == tmp_path / "ü"


def test_a_lost_door_is_made_again(tmp_path: Path) -> None:
    home, doors = tmp_path / "ünï", tmp_path / "doors"
    home.mkdir()
    door = path_of(location_of(home, doors=doors))
    assert door is not None
    assert door.resolve() == home.resolve()
    door.unlink()
    door.symlink_to(tmp_path)
    assert path_of(location_of(home, doors=doors)) == door
    assert door.resolve() == home.resolve()
