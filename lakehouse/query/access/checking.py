"""What a person sees of every table, for whoever keeps the rules."""

from dataclasses import dataclass

from lakehouse.config import Settings
from lakehouse.errors import AccessError, CatalogError
from lakehouse.query.access.rulebook import RuleBook
from lakehouse.query.access.scope import Find, Scope
from lakehouse.query.access.viewer import Person
from lakehouse.query.names import NamedTable, named_tables
from lakehouse.quoting import identifier
from lakehouse.tables.access import NAMESPACE


@dataclass(frozen=True)
class Seen:
    """What is seen of a table: `all`, `none`, or the condition that its rows fulfil."""

    table: str
    rows: str
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True)
class Check:
    """What is seen of each table; and the columns of rules that no table has."""

    tables: list[Seen]
    unknown: list[str]


def seen_by(settings: Settings, person: Person, table: str | None = None) -> Check:
    """What a person sees of every table, or of one.

    Views are left out: they show what their tables do. Raises AccessError, and CatalogError for a
    table that there is none of.
    """
    scope = RuleBook(settings).viewer(person).scope
    known = {each.full_name: each for each in named_tables(settings) if each.columns}
    if table is not None and table not in known:
        raise CatalogError(f"there is no table {table}", hint="`lakehouse tables` lists them")
    columns = {
        column.name.lower()
        for each in known.values()
        if each.database != NAMESPACE
        for column in each.columns
    }
    rules = {column for row in scope.rows for column in row}
    rules |= {column for _, column in scope.hidden}
    wanted = [known[table]] if table else known.values()
    return Check([_seen(scope, each, known) for each in wanted], sorted(rules - columns))


def visible(scope: Scope, tables: list[NamedTable]) -> list[NamedTable]:
    """Those tables of which anything is seen, with the columns that are; views as they are."""
    known = {each.full_name: each for each in tables}
    found = []
    for each in tables:
        if not each.columns:
            found.append(each)
            continue
        try:
            sight = scope.sight(each.full_name, _names(each), _finding(known))
        except AccessError:
            continue
        columns = tuple(column for column in each.columns if column.name in sight.columns)
        found.append(NamedTable(each.database, each.name, columns, each.comment))
    return found


def _seen(scope: Scope, table: NamedTable, known: dict[str, NamedTable]) -> Seen:
    try:
        sight = scope.sight(table.full_name, _names(table), _finding(known))
    except AccessError:
        return Seen(table.full_name, "none")
    hidden = tuple(name for name in _names(table) if name not in sight.columns)
    return Seen(table.full_name, sight.where or "all", hidden)


def _names(table: NamedTable) -> list[str]:
    return [column.name for column in table.columns]


def _finding(known: dict[str, NamedTable]) -> Find:
    def find(name: str) -> tuple[str, list[str]] | None:
        table = known.get(name)
        return (identifier(table.database, table.name), _names(table)) if table else None

    return find
