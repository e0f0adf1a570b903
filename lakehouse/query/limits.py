"""How much of the machine a DuckDB session may take."""

import shutil
from pathlib import Path
from typing import Protocol

from duckdb import DuckDBPyConnection

from lakehouse.quoting import literal

# DuckDB's own limit is this share of the memory it may use (the container's, where there is one).
_DUCKDB_SHARE = 0.8
# What Python and the libraries of a dbt process take beside DuckDB (measured: 425 MiB), and what
# DuckDB takes for each byte that it counts (measured at ten million lines: 1.09 and 1.12).
_BESIDE = 450 << 20
_UNCOUNTED = 1.16
# How DuckDB writes an amount of memory.
_UNITS = {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}


class Limits(Protocol):
    """`memory_limit` is an amount, or in percent a share of what DuckDB finds on this machine.

    0 `threads` are one for every core.
    """

    @property
    def memory_limit(self) -> str:
        """Such as 2GiB or 50%."""

    @property
    def threads(self) -> int:
        """How many may work at once."""


def set_limits(con: DuckDBPyConnection, limits: Limits, spill: Path) -> None:
    """Hold a fresh DuckDB instance to `limits`; what does not fit goes to files in `spill`."""
    con.execute(f"SET memory_limit = {literal(_memory(con, limits.memory_limit))}")
    if limits.threads:
        con.execute(f"SET threads = {limits.threads}")
    con.execute(f"SET temp_directory = {literal(str(spill))}")


def set_spill_limit(con: DuckDBPyConnection, limit: str, spill: Path) -> None:
    """Let a DuckDB instance put at most `limit` into `spill`.

    In percent it is a share of what is free on that disk now. DuckDB itself would take 90 %.
    """
    if limit.endswith("%"):
        there = next(folder for folder in (spill, *spill.parents) if folder.exists())
        share = float(limit.removesuffix("%")) / 100
        limit = f"{int(shutil.disk_usage(there).free * share)} bytes"
    con.execute(f"SET max_temp_directory_size = {literal(limit)}")


def keep_within(con: DuckDBPyConnection, limits: Limits, spill: Path) -> None:
    """As `set_limits`, for a process that is to keep to the memory limit as a whole.

    Of less than a gigabyte DuckDB gets half all the same: with less it could not build a mart.
    """
    set_limits(con, limits, spill)
    whole = bytes_of_memory(con)
    own = max(whole // 2, int((whole - _BESIDE) / _UNCOUNTED))
    con.execute(f"SET memory_limit = '{own} bytes'")
    # What was freed goes back to the system by and by, not when somebody asks for more.
    con.execute("SET allocator_background_threads = true")


def bytes_of_memory(con: DuckDBPyConnection) -> int:
    """The memory limit of a DuckDB instance, in bytes."""
    number, unit = _limit(con)
    return int(float(number) * _UNITS[unit])


def _memory(con: DuckDBPyConnection, limit: str) -> str:
    if not limit.endswith("%"):
        return limit
    number, unit = _limit(con)
    share = float(limit.removesuffix("%")) / 100
    return f"{float(number) / _DUCKDB_SHARE * share:.3f} {unit}"


def _limit(con: DuckDBPyConnection) -> tuple[str, str]:
    found = con.execute("SELECT current_setting('memory_limit')").fetchone()
    number, unit = str(found[0] if found else "").split()
    return number, unit
