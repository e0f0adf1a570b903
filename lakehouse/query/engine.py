"""DuckDB with the Iceberg extension, attached to the catalog."""

from datetime import timedelta
from importlib.resources import files
from typing import Protocol

import duckdb

from lakehouse.quoting import identifier, literal

# In this order: iceberg needs the other two.
EXTENSIONS = ("avro", "httpfs", "iceberg")


class Address(Protocol):
    """Where an Iceberg REST service is reached: a `lakehouse.catalog.Endpoint`, for one."""

    @property
    def uri(self) -> str:
        """Its address."""

    @property
    def token(self) -> str:
        """What opens it; empty for nothing."""

    @property
    def warehouse(self) -> str:
        """What it is asked for."""


def load_extensions(con: duckdb.DuckDBPyConnection) -> None:
    """Load the extensions from their wheels; nothing is installed, copied or downloaded.

    Raises duckdb.IOException when a wheel does not match DuckDB's version.
    """
    con.execute("SET autoinstall_known_extensions = false")
    for name in EXTENSIONS:
        con.execute(f"LOAD {literal(_file_of(name))}")


def attach_lake(  # noqa: PLR0913 - one keyword an option
    con: duckdb.DuckDBPyConnection,
    endpoint: Address,
    *,
    alias: str = "lake",
    default_namespace: str | None = None,
    read_only: bool = False,
    max_staleness: timedelta | None = None,
) -> None:
    """Attach the catalog behind `endpoint` as the database `alias`.

    `default_namespace` makes `USE alias` work, also before that namespace exists; without it only
    `USE alias.namespace` does.

    `max_staleness` lets a table's metadata be reused for that long without asking the catalog
    again; without it every statement sees the newest snapshot.
    """
    # As in Athena, a dropped table takes its files with it; they would never be found again.
    options = ["TYPE iceberg", "PURGE_REQUESTED true", f"ENDPOINT {literal(endpoint.uri)}"]
    options.append(_authorized(con, endpoint, alias))
    if default_namespace is not None:
        options.append(f"DEFAULT_SCHEMA {literal(default_namespace)}")
    if read_only:
        options.append("READ_ONLY")
    if max_staleness is not None:
        options.append(
            f"MAX_TABLE_STALENESS INTERVAL {literal(f'{max_staleness.total_seconds()} seconds')}"
        )
    # DuckDB writes rows as they come; files that are out of order are maintenance's work.
    con.execute("SET unsafe_iceberg_ignore_sort_order = true")
    warehouse = literal(endpoint.warehouse)
    con.execute(f"ATTACH {warehouse} AS {identifier(alias)} ({', '.join(options)})")


def _authorized(con: duckdb.DuckDBPyConnection, endpoint: Address, alias: str) -> str:
    """The option that carries the token; given as a secret, `duckdb_databases()` can't show it."""
    if not endpoint.token:
        return "AUTHORIZATION_TYPE 'none'"
    secret = identifier(f"token of {alias}")
    con.execute(
        f"CREATE OR REPLACE TEMPORARY SECRET {secret} "
        f"(TYPE iceberg, TOKEN {literal(endpoint.token)})"
    )
    return f"SECRET {secret}"


def _file_of(extension: str) -> str:
    package = files(f"duckdb_extension_{extension}")
    folder = package / "extensions" / f"v{duckdb.__version__}"
    return str(folder / f"{extension}.duckdb_extension")
