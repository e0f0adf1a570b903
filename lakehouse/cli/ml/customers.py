"""Customers and lines to look at: segments, returns, moves, unusual lines."""

from typing import TYPE_CHECKING

import click

from lakehouse.cli.ml.asking import as_json_flag, force_flag, opened, print_metrics, up_to_date
from lakehouse.cli.tables import print_rows

if TYPE_CHECKING:
    from lakehouse.cli.root import Invocation


def _task(name: str, doc: str) -> click.Command:
    @click.command(name, help=doc, epilog=f"Example: lakehouse ml {name} --json")
    @force_flag
    @as_json_flag
    @click.pass_obj
    def command(invocation: "Invocation", *, force: bool, as_json: bool) -> None:
        from lakehouse.ml.tasks import asking
        from lakehouse.ml.tasks.execution import recipe

        with opened(invocation) as lake:
            run = up_to_date(lake, name, recipe(lake, name), force=force)
            if rows := asking.headline(lake, name):
                print_rows(rows, as_json=as_json)
            else:
                print_metrics(run, None, as_json=as_json)

    return command


COMMANDS = (
    _task("segments", "What became of the customer segments of 60 days ago."),
    _task("unusual", "Unusual large lines to review, with how often that is right."),
    _task("returns", "Who will order again within 60 days (a binary model)."),
    _task("moves", "The segment a customer will be in (a multi-class model)."),
)
