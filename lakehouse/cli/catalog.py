"""`lakehouse catalog`: the tables, and the service that other engines reach them by."""

import json
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakehouse.cli import console
from lakehouse.cli.advice import advise
from lakehouse.cli.glue import databases, drop, partitions, rename, show, versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakehouse.catalog import Endpoint
    from lakehouse.catalog.statistics import TableStatistics
    from lakehouse.cli.root import Invocation


@click.group(epilog="Example: lakehouse catalog serve --port 8181")
def catalog() -> None:
    """Look at the catalog, change it, or serve it to other engines."""


for command in (advise, databases, show, partitions, versions, drop, rename):
    catalog.add_command(command)


@catalog.command(epilog="Example: lakehouse catalog tables --json | jq '.[].table'")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of a table.")
@click.pass_obj
def tables(invocation: "Invocation", as_json: bool) -> None:
    """List the tables with their rows, files, bytes and snapshots."""
    from dataclasses import asdict

    from lakehouse.catalog import open_catalog
    from lakehouse.catalog.explaining import explained
    from lakehouse.catalog.statistics import table_statistics

    with open_catalog(invocation.settings(), create=False) as opened, explained("the catalog"):
        found = list(table_statistics(opened))
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], indent=2))
    elif found:
        _print_aligned(found)
    else:
        console.note("no tables yet: run `lakehouse build`")


@catalog.command(epilog="Example: lakehouse catalog serve --port 8181 --access-log requests.log")
@click.option("--host", help="The address to listen on [127.0.0.1].")
@click.option("--port", type=int, help="The port; 0 is any free one [8181].")
@click.option("--token", help="What clients must bear [random].")
@click.option(
    "--access-log",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Append a line for each request, in Apache's combined format [none].",
)
@click.option("--json", "as_json", is_flag=True, help="Print {uri, token} as JSON.")
@click.pass_obj
def serve(  # noqa: PLR0913 - the flags of a command
    invocation: "Invocation",
    *,
    host: str | None,
    port: int | None,
    token: str | None,
    access_log: Path | None,
    as_json: bool,
) -> None:
    """Serve the catalog to other engines as an Iceberg REST catalog, until Ctrl-C."""
    from lakehouse.catalog import public_endpoint

    settings = invocation.settings(
        rest__host=host,
        rest__port=port,
        rest__token=token,
        rest__access_log=access_log and Path.cwd() / access_log,
    )
    stop = threading.Event()
    with public_endpoint(settings) as endpoint:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        _announce(endpoint, as_json)
        stop.wait()
        # A second Ctrl-C ends the wait for requests that are still open.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    console.note("stopped")


def _announce(endpoint: "Endpoint", as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"uri": endpoint.uri, "token": endpoint.token}))
        return
    click.echo(f"uri    {endpoint.uri}\ntoken  {endpoint.token}")
    console.note(
        f"""
DuckDB:
  INSTALL iceberg; LOAD iceberg;
  ATTACH '' AS lake (TYPE iceberg, ENDPOINT '{endpoint.uri}', TOKEN '{endpoint.token}');

PyIceberg:
  from pyiceberg.catalog import load_catalog
  lake = load_catalog("lake", type="rest", uri="{endpoint.uri}", token="{endpoint.token}")

Serving until Ctrl-C."""
    )


def _print_aligned(found: "Sequence[TableStatistics]") -> None:
    rows = [("table", "rows", "files", "bytes", "snapshots")]
    rows += [
        (
            f"{each.namespace}.{each.table}",
            "?" if each.rows is None else f"{each.rows:,}",
            f"{each.files:,}",
            f"{each.bytes:,}",
            f"{each.snapshots:,}",
        )
        for each in found
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for name, *numbers in rows:
        cells = [f"{number:>{width}}" for number, width in zip(numbers, widths[1:], strict=True)]
        click.echo("  ".join([f"{name:<{widths[0]}}", *cells]))
