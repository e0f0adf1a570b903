"""`lakehouse catalog`: databases and versions as Glue has them, and what drops and renames."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from lakehouse.cli import console
from lakehouse.cli.asking import confirm
from lakehouse.cli.loading import loaded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lakehouse.cli.root import Invocation
    from lakehouse.tables.details import Version

_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Tell what would be done; change nothing.")
_YES = click.option("--yes", is_flag=True, help="Don't ask.")


@click.command(epilog="Example: lakehouse catalog databases --json")
@_AS_JSON
@click.pass_obj
def databases(invocation: "Invocation", as_json: bool) -> None:
    """List the databases (namespaces) with the number of their tables."""
    from lakehouse.catalog import open_catalog
    from lakehouse.catalog.explaining import explained
    from lakehouse.cli.tables import print_rows
    from lakehouse.tables.details import databases as found_in

    with open_catalog(invocation.settings(), create=False) as opened, explained("the catalog"):
        found = [asdict(each) for each in found_in(opened)]
    shown = ("database", "tables", "views", "comment", "location")
    rows = found if as_json else [{name: each[name] for name in shown} for each in found]
    print_rows(rows, as_json=as_json)


@click.command(epilog="Example: lakehouse catalog versions core.fct_orders")
@click.argument("name", metavar="TABLE")
@_AS_JSON
@click.pass_obj
def versions(invocation: "Invocation", name: str, as_json: bool) -> None:
    """List the versions (snapshots) of TABLE, the newest first."""
    from lakehouse.cli.tables import print_rows
    from lakehouse.tables.details import versions_of

    with loaded(invocation.settings(), name) as table:
        found = versions_of(table)
    if as_json:
        print_rows([asdict(each) for each in found], as_json=True)
    elif found:
        _print_versions(found)
    else:
        console.note(f"{name} has no versions yet: nothing was written to it")


def _print_versions(found: "Sequence[Version]") -> None:
    """One line each, never folded: an id is typed into the next command."""
    lines = [("snapshot", "committed at", "operation", "rows", "added", "removed", "")]
    lines += [
        (
            str(each.snapshot_id),
            f"{each.committed_at:%Y-%m-%d %H:%M:%S}",
            each.operation,
            "?" if each.rows is None else f"{each.rows:,}",
            f"{each.added_rows:,}",
            f"{each.removed_rows:,}",
            ", ".join([*(["current"] if each.current else []), *each.names]),
        )
        for each in found
    ]
    widths = [max(len(line[n]) for line in lines) for n in range(len(lines[0]))]
    for line in lines:
        cells = [
            f"{cell:>{width}}" if 3 <= n <= 5 else f"{cell:<{width}}"
            for n, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        click.echo("  ".join(cells).rstrip())


@click.command(epilog="Example: lakehouse catalog drop reports.rpt_old --dry-run")
@click.argument("name", metavar="TABLE|VIEW|DATABASE")
@click.option("--keep-files", is_flag=True, help="Leave the files of the table where they are.")
@_DRY_RUN
@_YES
@click.pass_obj
def drop(
    invocation: "Invocation", name: str, *, keep_files: bool, dry_run: bool, yes: bool
) -> None:
    """Drop TABLE with its files, a VIEW, or a DATABASE without tables.

    Of a table of raw files the definition goes, and the files stay.
    """
    from lakehouse.catalog import open_catalog
    from lakehouse.catalog.explaining import explained
    from lakehouse.tables.dropping import drop as run
    from lakehouse.tables.dropping import plan_drop

    with open_catalog(invocation.settings(), create=False) as opened, explained("the catalog"):
        plan = plan_drop(opened, tuple(name.split(".")), keep_files=keep_files)
        if dry_run:
            console.note(f"would drop {plan.told}")
            return
        confirm(f"This drops {plan.told}", yes=yes)
        run(opened, plan)
    console.note(f"dropped {name}")


@click.command(epilog="Example: lakehouse catalog rename reports.rpt_old reports.rpt_older")
@click.argument("name", metavar="TABLE|VIEW")
@click.argument("new_name", metavar="NEW_NAME")
@_DRY_RUN
@_YES
@click.pass_obj
def rename(invocation: "Invocation", name: str, new_name: str, *, dry_run: bool, yes: bool) -> None:
    """Give TABLE (or VIEW) another name, or move it to another database."""
    from lakehouse.catalog import open_catalog
    from lakehouse.catalog.explaining import explained
    from lakehouse.tables.dropping import plan_rename
    from lakehouse.tables.dropping import rename as run

    with open_catalog(invocation.settings(), create=False) as opened, explained("the catalog"):
        plan = plan_rename(opened, tuple(name.split(".")), tuple(new_name.split(".")))
        if dry_run:
            console.note(f"would rename {plan.told}")
            return
        if plan.streams:
            confirm(f"This renames {plan.told}", yes=yes)
        run(opened, plan)
    console.note(f"renamed {name} to {new_name}")
