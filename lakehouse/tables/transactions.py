"""Statements of DuckDB that change an Iceberg table, as one commit that stands up to others."""

import random
import time
from collections.abc import Sequence

from duckdb import DuckDBPyConnection, TransactionException

from lakehouse.errors import CatalogError

_FIRST_WAIT_SECONDS = 0.05


def commit_together(
    connection: DuckDBPyConnection, statements: Sequence[str], *, attempts: int = 8
) -> None:
    """Run the statements in one transaction, and again when somebody else committed meanwhile.

    DuckDB does not repeat a commit that the catalog refused; the statements have to be such that
    they may be repeated whatever became of the first attempt (MERGE by key is).

    Raises duckdb.Error when a statement fails, CatalogError when every attempt was refused.
    """
    for attempt in range(1, attempts + 1):
        connection.execute("begin")
        try:
            for statement in statements:
                connection.execute(statement)
        except BaseException:
            connection.execute("rollback")
            raise
        try:
            connection.execute("commit")
        except TransactionException as e:
            if attempt == attempts:
                raise CatalogError(
                    f"the commit was refused {attempts} times: {e}",
                    hint="run again when the other writers are done",
                ) from e
            # Jitter, or two writers that met once would meet every time.
            time.sleep(_FIRST_WAIT_SECONDS * 2**attempt * random.uniform(0.5, 1))  # noqa: S311
        else:
            return
