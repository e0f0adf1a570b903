"""Rows on standard output: a table for people, JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Literal

import click

_WIDEST = 10_000  # columns of a table that no terminal shows


def print_rows(rows: Sequence[Mapping[str, object]], *, as_json: bool) -> None:
    """Print rows that have the same keys; nothing but a header line when there are none."""
    if as_json:
        click.echo(json.dumps([dict(row) for row in rows], indent=2, default=_plain))
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in rows[0] if rows else ["nothing"]:
        numeric = bool(rows) and isinstance(rows[0][name], int | float)
        # A number is never cut, a text never shortened.
        justify: Literal["left", "right"] = "right" if numeric else "left"
        heading = name.replace("_", " ")
        table.add_column(heading, justify=justify, no_wrap=numeric, overflow="fold")
    for row in rows:
        table.add_row(*(_shown(value) for value in row.values()))
    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        # Nobody's lines are folded there: a program or a file reads them.
        console.width = max(
            console.width,
            console.measure(table, options=console.options.update(max_width=_WIDEST)).maximum,
        )
    console.print(table, markup=False)


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return str(value).replace("[", r"\[")


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")
