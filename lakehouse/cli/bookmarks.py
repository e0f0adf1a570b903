"""`lakehouse bookmarks`: how far each log has been landed."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from lakehouse.cli.tables import print_rows

if TYPE_CHECKING:
    from lakehouse.cli.root import Invocation


@click.command(epilog="Example: lakehouse bookmarks --json | jq 'map(.lag) | add'")
@click.argument("streams", metavar="[STREAM]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of a table.")
@click.pass_obj
def bookmarks(invocation: "Invocation", streams: tuple[str, ...], as_json: bool) -> None:
    """Show how far each log of the streams was landed, and how many bytes of it wait.

    Offsets count bytes of text. A log that is in no source of its stream any more has no size
    and no lag. The sequence numbers the stream's deliveries, the record id its lines.
    """
    settings = invocation.settings()
    from ingest.positions import stream_positions
    from lakehouse.catalog import open_catalog
    from lakehouse.catalog.explaining import explained

    rows = []
    with open_catalog(settings) as catalog, explained("the catalog"):
        for name in streams or tuple(settings.streams):
            rows += [asdict(each) for each in stream_positions(name, catalog, settings)]
    print_rows(rows, as_json=as_json)
