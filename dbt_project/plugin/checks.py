"""Tests that passed before, asked again in their own words: what dbt compiled finds no rows.

Of a test of some milliseconds dbt takes most: contexts, compilation, events, a transaction that
reads the metadata of every table anew. Here one transaction answers all of them.
"""

import time
from collections.abc import Mapping

import duckdb
from duckdb import DuckDBPyConnection


def ask(connection: DuckDBPyConnection, checks: Mapping[str, str]) -> dict[str, float] | None:
    """The seconds that each of the queries took, by its name, if none of them finds a row.

    None as soon as one does, or can't be asked: what is wrong, dbt then tells.
    """
    taken: dict[str, float] = {}
    connection.execute("begin")
    try:
        for name, sql in checks.items():
            start = time.monotonic()
            [[found]] = connection.execute(f"select exists (from ({sql}\n))").fetchall()
            if found:
                return None
            taken[name] = time.monotonic() - start
    except duckdb.Error:
        return None
    finally:
        connection.execute("rollback")
    return taken
