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
    for statement in loading_extensions():
        con.execute(statement)


def loading_extensions() -> list[str]:
    """The statements that load them."""
    loads = [f"LOAD {literal(_file_of(name))}" for name in EXTENSIONS]
    return ["SET autoinstall_known_extensions = false", *loads]


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
    for statement in attaching_lake(
        endpoint,
        alias=alias,
        default_namespace=default_namespace,
        read_only=read_only,
        max_staleness=max_staleness,
    ):
        con.execute(statement)


def attaching_lake(
    endpoint: Address,
    *,
    alias: str = "lake",
    default_namespace: str | None = None,
    read_only: bool = False,
    max_staleness: timedelta | None = None,
) -> list[str]:
    """The statements that attach it, for another process: they hold the token."""
    # As in Athena, a dropped table takes its files with it; they would never be found again.
    options = ["TYPE iceberg", "PURGE_REQUESTED true", f"ENDPOINT {literal(endpoint.uri)}"]
    statements = []
    if endpoint.token:
        # Given as a secret, `duckdb_databases()` can't show it.
        secret = identifier(f"token of {alias}")
        statements.append(
            f"CREATE OR REPLACE TEMPORARY SECRET {secret} "
            f"(TYPE iceberg, TOKEN {literal(endpoint.token)})"
        )
        options.append(f"SECRET {secret}")
    else:
        options.append("AUTHORIZATION_TYPE 'none'")
    if default_namespace is not None:
        options.append(f"DEFAULT_SCHEMA {literal(default_namespace)}")
    if read_only:
        options.append("READ_ONLY")
    if max_staleness is not None:
        options.append(
            f"MAX_TABLE_STALENESS INTERVAL {literal(f'{max_staleness.total_seconds()} seconds')}"
        )
    # DuckDB writes rows as they come; files that are out of order are maintenance's work.
    statements.append("SET unsafe_iceberg_ignore_sort_order = true")
    warehouse = literal(endpoint.warehouse)
    statements.append(f"ATTACH {warehouse} AS {identifier(alias)} ({', '.join(options)})")
    return statements


def _file_of(extension: str) -> str:
    package = files(f"duckdb_extension_{extension}")
    folder = package / "extensions" / f"v{duckdb.__version__}"
    return str(folder / f"{extension}.duckdb_extension")
