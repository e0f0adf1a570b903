"""The rules, and whom each is for.

They are QuickSight's, of its user guide, "Using row-level security with user-based rules to
restrict access to a dataset" and "Using column-level security to restrict access to a dataset":

- who is in no row rule sees no row; several that are for one person add up
- in one rule all columns must match; a column without a value lets every value through
- values are separated by commas; one that holds a comma stands in double quotes; spaces count
- a column of a column rule is hidden from everybody but the users and groups of its rules
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from lakehouse.access_settings import AccessSettings
from lakehouse.query.access.scope import Scope
from lakehouse.query.access.viewer import Person
from lakehouse.tables.access import COLUMN_RULES, GROUP, ROW_RULES, USER

# QuickSight calls the two columns UserName and GroupName.
_WHO = {"username": USER, "groupname": GROUP}
_VALUE = re.compile(r'"((?:[^"]|"")*)"(?=,|$)|([^,]*)(?=,|$)', re.DOTALL)


class UnreadableRulesError(ValueError):
    """A table is none of rules."""


@dataclass(frozen=True)
class _For:
    user: str | None
    group: str | None

    def names(self, person: Person) -> bool:
        return self.user == person.name or (self.group is not None and self.group in person.groups)


@dataclass(frozen=True)
class RowRule(_For):
    """Lets through the rows whose columns have one of `values`."""

    values: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class ColumnRule(_For):
    """Shows a column, which it hides from all others; of every table, if `table` is None."""

    table: str | None
    column: str


@dataclass(frozen=True)
class Rules:
    """All rules."""

    rows: tuple[RowRule, ...]
    columns: tuple[ColumnRule, ...]

    @classmethod
    def of(cls, rows: pa.Table, columns: pa.Table) -> "Rules":
        """The rules that two tables hold. Raises UnreadableRulesError."""
        return cls(_row_rules(rows), _column_rules(columns))

    def scope(self, person: Person, settings: AccessSettings) -> Scope:
        """What a person sees."""
        shown = {(rule.table, rule.column) for rule in self.columns if rule.names(person)}
        restricted = {(rule.table, rule.column) for rule in self.columns}
        return Scope(
            rows=tuple(rule.values for rule in self.rows if rule.names(person)),
            hidden=frozenset(restricted - shown),
            through=settings.through,
            open=settings.open,
        )


def values_of(text: str) -> tuple[str, ...]:
    """The values that a field of a rule holds.

    >>> values_of('France,"Korea, South"')
    ('France', 'Korea, South')
    """
    found: list[str] = []
    at = 0
    while at <= len(text):
        value = _VALUE.match(text, at)
        assert value is not None  # noqa: S101 - the second form matches anything
        quoted, plain = value.groups()
        found.append(plain if quoted is None else quoted.replace('""', '"'))
        at = value.end() + 1
    return tuple(dict.fromkeys(found))


def _row_rules(table: pa.Table) -> tuple[RowRule, ...]:
    names = [_called(name) for name in table.column_names]
    if not {USER, GROUP} & set(names):
        told = f"{'.'.join(ROW_RULES)} has neither {USER} nor {GROUP}"
        raise UnreadableRulesError(told)
    if len(set(names)) < len(names):
        raise UnreadableRulesError(f"{'.'.join(ROW_RULES)} has a column twice")
    rules = []
    for row in _texts(table, names):
        values = {
            name: values_of(text)
            for name, text in row.items()
            if text is not None and name not in (USER, GROUP)
        }
        rules.append(RowRule(row.get(USER), row.get(GROUP), values))
    return tuple(rules)


def _column_rules(table: pa.Table) -> tuple[ColumnRule, ...]:
    names = [_called(name) for name in table.column_names]
    if missing := {"table_name", "column_name"} - set(names):
        raise UnreadableRulesError(f"{'.'.join(COLUMN_RULES)} has no {min(missing)}")
    rules = []
    for row in _texts(table, names):
        column = row["column_name"]
        if column is None:
            raise UnreadableRulesError(f"a rule of {'.'.join(COLUMN_RULES)} names no column")
        of = row["table_name"]
        rules.append(ColumnRule(row.get(USER), row.get(GROUP), of and of.lower(), column.lower()))
    return tuple(rules)


def _called(column: str) -> str:
    lower = column.lower()
    return _WHO.get(lower.replace("_", ""), lower)


def _texts(table: pa.Table, names: list[str]) -> list[dict[str, str | None]]:
    """The rows with every value as text; what is empty is None."""
    columns = [[None if v is None else str(v) for v in c.to_pylist()] for c in table.columns]
    return [
        {name: value or None for name, value in zip(names, row, strict=True)}
        for row in zip(*columns, strict=True)
    ]
