"""The limits of a DuckDB session."""

import shutil
from pathlib import Path

import duckdb
import pytest

from lakehouse.config import QuerySettings
from lakehouse.query.limits import keep_within, set_limits, set_spill_limit


def gibibytes(text: str) -> float:
    number, unit = text.split()
    return float(number) * {"KiB": 2**-20, "MiB": 2**-10, "GiB": 1, "TiB": 2**10}[unit]


def setting(con: duckdb.DuckDBPyConnection, name: str) -> object:
    return con.execute("select current_setting(?)", [name]).fetchall()[0][0]


@pytest.mark.parametrize(("limit", "expected"), [("512MiB", 0.5), ("1.5 GiB", 1.5)])
def test_sizes_are_taken_as_they_are(tmp_path: Path, limit: str, expected: float) -> None:
    with duckdb.connect() as con:
        set_limits(con, QuerySettings(memory_limit=limit), tmp_path)
        assert gibibytes(str(setting(con, "memory_limit"))) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(
    ("limit", "at_most", "at_least"), [("4GiB", 3.3, 2.9), ("512MiB", 0.26, 0.24)]
)
def test_a_process_that_keeps_to_its_limit_leaves_python_room(
    tmp_path: Path, limit: str, at_most: float, at_least: float
) -> None:
    with duckdb.connect() as con:
        keep_within(con, QuerySettings(memory_limit=limit), tmp_path)
        assert at_least < gibibytes(str(setting(con, "memory_limit"))) < at_most


def test_percents_are_shares_of_the_machine(tmp_path: Path) -> None:
    with duckdb.connect() as con:
        default = gibibytes(str(setting(con, "memory_limit")))  # 80 % of the machine
        set_limits(con, QuerySettings(memory_limit="40%"), tmp_path)
        found = gibibytes(str(setting(con, "memory_limit")))
        assert found == pytest.approx(default / 2, rel=0.02)


def test_threads_and_spill_folder(tmp_path: Path) -> None:
    spill = tmp_path / "it's here"
    with duckdb.connect() as con:
        before = setting(con, "threads")
        set_limits(con, QuerySettings(), spill)
        assert setting(con, "threads") == before
        set_limits(con, QuerySettings(threads=1), spill)
        assert setting(con, "threads") == 1
        assert setting(con, "temp_directory") == str(spill)


def test_spilling_is_limited_to_an_amount_or_a_share_of_what_is_free(tmp_path: Path) -> None:
    with duckdb.connect() as con:
        set_spill_limit(con, "512MiB", tmp_path)
        assert setting(con, "max_temp_directory_size") == "512.0 MiB"
        set_spill_limit(con, "25%", tmp_path / "not" / "there")
        found = gibibytes(str(setting(con, "max_temp_directory_size")))
        free = shutil.disk_usage(tmp_path).free / 2**30
        assert found == pytest.approx(free / 4, rel=0.1)  # others use the disk, too
