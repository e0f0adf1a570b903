"""How much of the machine a DuckDB session may take."""

from pathlib import Path

from duckdb import DuckDBPyConnection

from lakehouse.config import QuerySettings
from lakehouse.quoting import literal

# DuckDB's own limit is this share of the memory it may use (the container's, where there is one).
_DUCKDB_SHARE = 0.8


def set_limits(con: DuckDBPyConnection, limits: QuerySettings, spill: Path) -> None:
    """Hold a fresh DuckDB instance to `limits`; what does not fit goes to files in `spill`.

    A memory limit in percent is a share of what DuckDB finds on this machine.
    """
    con.execute(f"SET memory_limit = {literal(_memory(con, limits.memory_limit))}")
    if limits.threads:
        con.execute(f"SET threads = {limits.threads}")
    con.execute(f"SET temp_directory = {literal(str(spill))}")


def _memory(con: DuckDBPyConnection, limit: str) -> str:
    if not limit.endswith("%"):
        return limit
    found = con.execute("SELECT current_setting('memory_limit')").fetchone()
    number, unit = str(found[0] if found else "").split()
    share = float(limit.removesuffix("%")) / 100
    return f"{float(number) / _DUCKDB_SHARE * share:.3f} {unit}"
