"""`lakehouse diff`: what changed in the marts between two publications."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING

import click

from lakehouse.cli import console

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from lakehouse.cli.root import Invocation
    from lakehouse.config import Settings
    from lakehouse.query.diff import MartDiff, RowChange
    from lakehouse.query.publications import State

_ROWS = 20


@click.command(epilog="Example: lakehouse diff 3 5 --table core.fct_orders --rows")
@click.argument("before", metavar="[A]", type=int, required=False)
@click.argument("after", metavar="[B]", type=int, required=False)
@click.option("--table", help="This mart alone, such as core.fct_orders.")
@click.option("--rows", is_flag=True, help=f"With --table: the first {_ROWS} rows that differ.")
@click.option("--json", "as_json", is_flag=True, help="Print the differences as JSON.")
@click.pass_obj
def diff(  # noqa: PLR0913 - the flags of a command
    invocation: "Invocation",
    *,
    before: int | None,
    after: int | None,
    table: str | None,
    rows: bool,
    as_json: bool,
) -> None:
    """Compare the marts of publications A and B: rows by key, and sums of their measures.

    A build numbers what it publishes (ops.publications). Without numbers, the last publication is
    compared with the one before it; with A alone, A with the last one.
    """
    if rows and not table:
        raise click.UsageError("--rows needs --table")
    settings = invocation.settings()
    from lakehouse.catalog import open_catalog
    from lakehouse.query.diff import diff_marts, row_changes
    from lakehouse.query.publications import choose, published_states

    with open_catalog(settings, create=False) as catalog, _connected(settings) as con:
        states = choose(published_states(catalog), before, after)
        marts = diff_marts(con, catalog, *states, only=table)
        changes = row_changes(con, catalog, str(table), states, _ROWS) if rows else None
    if as_json:
        click.echo(json.dumps(_as_json(states, marts, changes), indent=2, default=_plain))
    else:
        _print(states, marts, changes)


@contextmanager
def _connected(settings: "Settings") -> Iterator["DuckDBPyConnection"]:
    import duckdb

    from lakehouse.catalog import catalog_endpoint
    from lakehouse.query.engine import attach_lake, load_extensions
    from lakehouse.query.limits import set_limits

    with catalog_endpoint(settings, create=False) as endpoint, duckdb.connect() as con:
        set_limits(con, settings.query, settings.home / "tmp")
        load_extensions(con)
        attach_lake(con, endpoint, read_only=True)
        yield con


def _as_json(
    states: tuple["State", "State"], marts: list["MartDiff"], changes: list["RowChange"] | None
) -> dict[str, object]:
    told: dict[str, object] = {
        "before": {"publication": states[0].number, "published_at": states[0].published_at},
        "after": {"publication": states[1].number, "published_at": states[1].published_at},
        "marts": [asdict(mart) for mart in marts],
    }
    return told if changes is None else told | {"rows": [asdict(change) for change in changes]}


def _plain(value: object) -> str:
    return (
        str(value) if isinstance(value, Decimal) else getattr(value, "isoformat", value.__str__)()
    )


def _print(
    states: tuple["State", "State"], marts: list["MartDiff"], changes: list["RowChange"] | None
) -> None:
    from lakehouse.cli.tables import print_rows

    named = " -> ".join(
        f"{state.number} ({state.published_at:%Y-%m-%d %H:%M:%S} UTC)"
        if state.published_at
        else f"{state.number} (before the first)"
        for state in states
    )
    console.note(f"Publications {named}")
    shown = [mart for mart in marts if mart.status != "same"]
    if shown:
        print_rows([_row(mart) for mart in shown], as_json=False)
    if alike := len(marts) - len(shown):
        console.note(f"{alike:,} mart{'s'[: alike != 1]} did not change")
    measured = [(mart, each) for mart in shown for each in mart.measures]
    if moved := [(mart, each) for mart, each in measured if each.before != each.after]:
        print_rows(
            [
                {"table": m.table, "measure": e.name, "before": e.before, "after": e.after}
                for m, e in moved
            ],
            as_json=False,
        )
    if any(mart.status == "expired" for mart in marts):
        console.note("expired: that snapshot is gone (maintenance); the ledger knows its rows only")
    if changes:
        print_rows([_row_change(change) for change in changes], as_json=False)


def _row(mart: "MartDiff") -> dict[str, object]:
    names = ("table", "status", "rows_before", "rows_after", "added", "removed", "changed")
    return {name: getattr(mart, name) for name in names}


def _row_change(change: "RowChange") -> dict[str, object]:
    def said(values: dict[str, object]) -> str:
        return ", ".join(f"{name}={value}" for name, value in values.items())

    return {
        "change": change.kind,
        "key": said(change.key),
        "before": said(change.before),
        "after": said(change.after),
    }
