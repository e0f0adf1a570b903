"""`lakehouse access`: the rules of who sees what, and who asked what."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from lakehouse.cli import console
from lakehouse.cli.tables import print_rows
from lakehouse.errors import AccessError

if TYPE_CHECKING:
    from lakehouse.cli.root import Invocation

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
group_option = click.option("--group", metavar="GROUP", help="A group instead of a person.")


@click.group(epilog="Example: lakehouse access grant ada@example.com --rows country=France,Norway")
def access() -> None:
    """Who sees what in the dashboard: row and column rules, and who asked what.

    The rules are QuickSight's: who has no rule sees nothing; a rule without values lets all rows
    through; several rules add up. They hold for those who log in (`[access]`), not for whoever
    uses the command line on this home.
    """


def _values(
    _: click.Context, __: click.Parameter, given: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    from lakehouse.query.access.rules import values_of

    found: dict[str, tuple[str, ...]] = {}
    for each in given:
        column, sign, values = each.partition("=")
        if not sign or not column.isidentifier() or not values:
            raise click.BadParameter(f"{each!r} is not COLUMN=VALUE,VALUE")
        found[column.lower()] = (*found.get(column.lower(), ()), *values_of(values))
    return found


@access.command(epilog="Example: lakehouse access grant --group nordics --rows country=Norway")
@click.argument("person", required=False)
@group_option
@click.option(
    "--rows",
    multiple=True,
    callback=_values,
    metavar="COLUMN=VALUE,...",
    help="Only rows with one of these values; repeated, all columns must match.",
)
@click.pass_obj
def grant(
    invocation: "Invocation",
    *,
    person: str | None,
    group: str | None,
    rows: dict[str, tuple[str, ...]],
) -> None:
    """Let a person or a group see rows; without --rows, all of them.

    PERSON is what the provider's token says (`access.name_claim`). A value that holds a comma
    stands in double quotes.
    """
    from lakehouse.catalog import open_catalog
    from lakehouse.tables.access import add_row_rule

    _check_who(person, group)
    with open_catalog(invocation.settings(), create=False) as catalog:
        add_row_rule(catalog, user=person, group=group, values=rows)
    told = " and ".join(f"{column} in {', '.join(values)}" for column, values in rows.items())
    console.note(f"{person or f'group {group}'} sees {told or 'all rows'}")


@access.command(epilog="Example: lakehouse access revoke ada@example.com")
@click.argument("person", required=False)
@group_option
@click.pass_obj
def revoke(invocation: "Invocation", *, person: str | None, group: str | None) -> None:
    """Take all row rules of a person or a group away."""
    from lakehouse.catalog import open_catalog
    from lakehouse.tables.access import drop_row_rules

    _check_who(person, group)
    with open_catalog(invocation.settings(), create=False) as catalog:
        count = drop_row_rules(catalog, user=person, group=group)
    if not count:
        hint = "`lakehouse access show` lists the rules"
        raise AccessError(f"there is no rule for {person or f'group {group}'}", hint=hint)
    console.note(f"took {count} rule{'' if count == 1 else 's'} away")


@access.command(epilog="Example: lakehouse access hide core.fct_orders.customer_id --but ada@x.org")
@click.argument("column", metavar="[NAMESPACE.TABLE.]COLUMN")
@click.option("--but", multiple=True, metavar="PERSON", help="Who sees it nevertheless.")
@click.option("--but-group", multiple=True, metavar="GROUP", help="Which group does.")
@click.pass_obj
def hide(
    invocation: "Invocation", *, column: str, but: tuple[str, ...], but_group: tuple[str, ...]
) -> None:
    """Hide a column, of one table or of every table that has it."""
    from lakehouse.catalog import open_catalog
    from lakehouse.tables.access import add_column_rules

    table, name = _column(column)
    with open_catalog(invocation.settings(), create=False) as catalog:
        add_column_rules(catalog, table, name, but, but_group)
    seen = ", ".join([*but, *(f"group {group}" for group in but_group)])
    console.note(
        f"{name} of {table or 'every table'} is hidden from all{' but ' * bool(seen)}{seen}"
    )


@access.command(epilog="Example: lakehouse access unhide core.fct_orders.customer_id")
@click.argument("column", metavar="[NAMESPACE.TABLE.]COLUMN")
@click.pass_obj
def unhide(invocation: "Invocation", *, column: str) -> None:
    """Take the rules of a column away: everybody sees it."""
    from lakehouse.catalog import open_catalog
    from lakehouse.tables.access import drop_column_rules

    with open_catalog(invocation.settings(), create=False) as catalog:
        count = drop_column_rules(catalog, *_column(column))
    if not count:
        hint = "`lakehouse access show` lists the rules"
        raise AccessError(f"there is no rule of {column}", hint=hint)
    console.note(f"took {count} rule{'' if count == 1 else 's'} away")


@access.command(epilog="Example: lakehouse access show --json")
@as_json_option
@click.pass_obj
def show(invocation: "Invocation", *, as_json: bool) -> None:
    """List all rules: the rows of access.row_rules and access.column_rules."""
    from lakehouse.query.access.rulebook import RuleBook

    rules = RuleBook(invocation.settings()).rules()
    found: list[dict[str, object]] = [
        {"for": _who(rule.user, rule.group), "rule": "sees", "what": _told(rule.values)}
        for rule in rules.rows
    ]
    found += [
        {
            "for": _who(rule.user, rule.group),
            "rule": "sees column",
            "what": f"{rule.table or 'every table'}.{rule.column}",
        }
        for rule in rules.columns
    ]
    found.sort(key=lambda row: (str(row["rule"]), str(row["for"]), str(row["what"])))
    print_rows(found, as_json=as_json)


@access.command(epilog="Example: lakehouse access check ada@example.com --group nordics")
@click.argument("person")
@click.option("--group", "groups", multiple=True, metavar="GROUP", help="As a member of it.")
@click.option("--table", metavar="NAMESPACE.TABLE", help="Of this table alone.")
@as_json_option
@click.pass_obj
def check(
    invocation: "Invocation",
    *,
    person: str,
    groups: tuple[str, ...],
    table: str | None,
    as_json: bool,
) -> None:
    """Tell what a person sees of every table: which rows, and which columns are hidden."""
    from lakehouse.query.access.checking import seen_by
    from lakehouse.query.access.viewer import Person

    found = seen_by(invocation.settings(), Person(person, frozenset(groups)), table)
    rows: list[dict[str, object]] = [
        {"table": each.table, "rows": each.rows, "hidden": ", ".join(each.hidden)}
        for each in found.tables
    ]
    print_rows(rows, as_json=as_json)
    for column in found.unknown:
        console.note(f"warning: no table has the column {column}, which a rule names")


@access.command(epilog="Example: lakehouse access audit --person ada@example.com --json")
@click.option("--person", metavar="PERSON", help="Only what this person asked.")
@click.option("--limit", type=click.IntRange(min=1), default=50, help="How many, the newest [50].")
@as_json_option
@click.pass_obj
def audit(invocation: "Invocation", *, person: str | None, limit: int, as_json: bool) -> None:
    """List who asked what, the newest first, and carry it over to the table ops.audit."""
    from contextlib import closing
    from dataclasses import asdict

    from lakehouse.catalog import open_catalog
    from lakehouse.query.access.audit import AuditJournal
    from lakehouse.query.access.audit_history import carry_over_audit

    settings = invocation.settings()
    with open_catalog(settings, create=False) as catalog:
        carry_over_audit(settings, catalog)
    with closing(AuditJournal(settings.home)) as journal:
        found = journal.listed(person, limit) if journal.exists else []
    if as_json:
        print_rows([asdict(each) for each in found], as_json=True)
        return
    shown: list[dict[str, object]] = [
        {
            "at": each.asked_at,
            "person": each.person,
            "action": each.action,
            "page": each.page,
            "statement": " ".join((each.statement or "").split())[:60],
            "rows": each.row_count,
            "allowed": each.allowed,
        }
        for each in found
    ]
    print_rows(shown, as_json=False)


def _check_who(person: str | None, group: str | None) -> None:
    if bool(person) == bool(group):
        raise click.UsageError("Name a person or --group, not both.")


def _column(given: str) -> tuple[str | None, str]:
    table, _, column = given.lower().rpartition(".")
    return table or None, column


def _who(user: str | None, group: str | None) -> str:
    named = [user, group and f"group {group}"]
    return ", ".join(each for each in named if each) or "nobody"


def _told(values: Mapping[str, tuple[str, ...]]) -> str:
    if not values:
        return "all rows"
    return " and ".join(f"{column} in ({', '.join(v)})" for column, v in values.items())
