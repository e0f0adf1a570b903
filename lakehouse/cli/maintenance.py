"""`lakehouse tables`: keep the tables in order, and go back to what they were."""

from typing import TYPE_CHECKING

import click

from lakehouse.cli import console
from lakehouse.cli.clock import now
from lakehouse.cli.snapshots import branch, rollback, tag

if TYPE_CHECKING:
    from lakehouse.cli.root import Invocation
    from lakehouse.tables.maintenance.site import Action


@click.group(epilog="Example: lakehouse tables maintain --dry-run")
def tables() -> None:
    """Keep the tables in order, or go back to what they were."""


tables.add_command(rollback)
tables.add_command(tag)
tables.add_command(branch)


@tables.command(epilog="Example: lakehouse tables maintain landing.order_lines --dry-run")
@click.argument("names", metavar="[TABLE]...", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Tell what would be done, and why; change nothing.")
@click.option("--full", is_flag=True, help="Rewrite whatever could be better, whatever it costs.")
@click.option(
    "--sort-by",
    metavar="COLUMNS",
    help='The order of the rows of TABLE from now on, as in "sold_at, country desc", or none.',
)
@click.option("--retention", help="Snapshots stay that long [maintenance.snapshot_retention].")
@click.option("--keep", type=int, help="And so many of a branch [maintenance.keep_snapshots].")
@click.option("--orphan-age", help="Unknown files stay that long [maintenance.orphan_age].")
@click.option("--json", "as_json", is_flag=True, help="Print the actions as a JSON array.")
@click.pass_obj
def maintain(  # noqa: PLR0913 - the flags of a command
    invocation: "Invocation",
    *,
    names: tuple[str, ...],
    dry_run: bool,
    full: bool,
    sort_by: str | None,
    retention: str | None,
    keep: int | None,
    orphan_age: str | None,
    as_json: bool,
) -> None:
    """Pack small files, apply deletes, expire old snapshots, and delete files that are nobody's.

    Each action is weighed, and taken where it pays. Safe while others read and write the tables.
    What was done is in the table ops.maintenance.
    """
    from lakehouse.catalog import open_catalog
    from lakehouse.catalog.explaining import explained
    from lakehouse.cli.tables import print_rows
    from lakehouse.query.access.audit_history import carry_over_audit
    from lakehouse.query.executions.history import carry_over_waiting
    from lakehouse.tables.maintenance.home import maintenance
    from lakehouse.tables.maintenance.site import Order

    settings = invocation.settings(
        maintenance__snapshot_retention=retention,
        maintenance__keep_snapshots=keep,
        maintenance__orphan_age=orphan_age,
    )
    if sort_by is not None and not names:
        raise click.UsageError("--sort-by needs the tables whose rows it is for")
    # Who asks for an order wants it of every file.
    order = Order(
        settings.maintenance,
        dry_run=dry_run,
        full=full or sort_by is not None,
        sort_by=sort_by or "",
    )
    wanted = [tuple(name.split(".")) for name in names]
    with (
        open_catalog(settings, create=False) as catalog,
        explained("the catalog"),
        maintenance(settings, catalog, order, now) as work,
    ):
        if not dry_run:
            carry_over_waiting(settings, catalog)
            carry_over_audit(settings, catalog)
        done = list(work.run(wanted, console.TerminalProgress()))
    actions = [action for each in done for action in each.actions]
    if actions or as_json:
        print_rows([_row(action, whole=as_json) for action in actions], as_json=as_json)
    else:
        console.note(f"nothing to do in {len(done):,} tables")
    for each in done:
        if each.left:
            console.note(f"left alone: {each.table}: {each.left}")
    if errors := [each.error for each in done if each.error]:
        for error in errors[:-1]:
            console.complain(error)
        raise errors[-1]


def _row(action: "Action", *, whole: bool) -> dict[str, object]:
    from dataclasses import asdict

    fields = asdict(action)
    if whole:
        return fields
    shown = ("table", "action", "reason", "files_before", "files_after")
    sizes = ("bytes_before", "bytes_after", "seconds")
    return {name: fields[name] for name in (*shown, *sizes)}
