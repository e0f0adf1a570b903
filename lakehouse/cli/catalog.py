"""`lakehouse catalog`: the tables, and the service that other engines reach them by."""

import json
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakehouse.cli import console
from lakehouse.cli.advice import advise
from lakehouse.cli.describing import partitions, show, tables
from lakehouse.cli.glue import databases, drop, rename, versions

if TYPE_CHECKING:
    from lakehouse.catalog import Endpoint
    from lakehouse.cli.root import Invocation


@click.group(epilog="Example: lakehouse catalog serve --port 8181")
def catalog() -> None:
    """Look at the catalog, change it, or serve it to other engines."""


for command in (advise, databases, tables, show, partitions, versions, drop, rename):
    catalog.add_command(command)


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
