"""What a person sees of a table, as SQL that the rest of a query can't reach behind."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from lakehouse.errors import AccessError
from lakehouse.quoting import identifier, literal

# Rules, the journal of others' questions, and the state of the lake, which rules can't narrow.
_CLOSED = ("access", "ops")
# Records as they arrived: what is hidden elsewhere may stand in any of their columns.
_RAW = "landing"
_EVERY = "*"
# The engine moves no condition of a query below a LIMIT. Else it could be tried on rows that the
# rules hold back, and the error that it ends in would tell a value of theirs.
_BARRIER = (1 << 63) - 1

# A table's SQL and columns, by its name; None: there is none.
Find = Callable[[str], tuple[str, Sequence[str]] | None]


@dataclass(frozen=True)
class Sight:
    """What is seen of a table: these columns, and the rows for which `where` holds (None: all)."""

    columns: tuple[str, ...]
    where: str | None = None

    def sql(self, relation: str) -> str:
        """What stands for `relation` in a FROM."""
        shown = ", ".join(map(identifier, self.columns))
        if self.where is None:
            return f"(SELECT {shown} FROM {relation})"
        return f"(SELECT {shown} FROM {relation} WHERE {self.where} LIMIT {_BARRIER})"


@dataclass(frozen=True)
class Scope:
    """What a person sees, by the rules for that person.

    `rows` are the row rules, each the values that it lets through by column; `hidden` are the
    columns hidden from the person, with the table (None: of every table). `through` and `open`
    are those of the settings.
    """

    rows: tuple[Mapping[str, tuple[str, ...]], ...]
    hidden: frozenset[tuple[str | None, str]] = frozenset()
    through: Mapping[str, str] = field(default_factory=dict)
    open: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def everything(self) -> bool:
        """Whether nothing is kept from the person."""
        return self._all_rows and not self.hidden

    @property
    def nothing(self) -> bool:
        """Whether no rule is for the person."""
        return not self.rows

    @cached_property
    def digest(self) -> str:
        """The same for those who see the same; empty for those who see everything."""
        if self.everything:
            return ""
        rows = sorted(sorted((k, sorted(v)) for k, v in row.items()) for row in self.rows)
        hidden = sorted((table or "", column) for table, column in self.hidden)
        opened = sorted((name, sorted(columns)) for name, columns in self.open.items())
        told = json.dumps([rows, hidden, sorted(self.through.items()), opened])
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def sight(self, table: str, columns: Sequence[str], find: Find) -> Sight:
        """What is seen of a table, `namespace.table`, that has these columns.

        A rule lets rows of it through if the table tells all columns of the rule: it has them, or
        has a column `through` which another table tells them. Raises AccessError when no rule
        does, and the table is not `open`.
        """
        if self.everything:
            return Sight(tuple(columns))
        table = table.lower()
        namespace = table.partition(".")[0]
        if namespace in _CLOSED or (namespace == _RAW and self.hidden):
            raise self._refused(table, "it is about everybody's")
        shown = self._shown(table, columns)
        if self._all_rows:
            return Sight(shown)
        conditions = [self._condition(row, columns, find) for row in self.rows]
        told = list(dict.fromkeys(each for each in conditions if each is not None))
        if told:
            return Sight(shown, " OR ".join(f"({each})" for each in told))
        opened = {each.lower() for each in self.open.get(table, ())}
        shown = tuple(each for each in shown if opened & {_EVERY, each.lower()})
        if not shown:
            rules = sorted({column for row in self.rows for column in row})
            reason = "there is none" if self.nothing else f"it has no {', '.join(rules)}"
            raise self._refused(table, reason)
        return Sight(shown)

    @property
    def _all_rows(self) -> bool:
        return any(not row for row in self.rows)

    def _shown(self, table: str, columns: Sequence[str]) -> tuple[str, ...]:
        hidden = {column for of, column in self.hidden if of in (None, table)}
        shown = tuple(column for column in columns if column.lower() not in hidden)
        if not shown:
            raise AccessError(
                f"every column of {table} is hidden from you", hint="ask whoever keeps the rules"
            )
        return shown

    def _condition(
        self, row: Mapping[str, tuple[str, ...]], columns: Sequence[str], find: Find
    ) -> str | None:
        """The rows that a rule lets through; None when the table does not tell its columns."""
        own = {column.lower(): column for column in columns}
        told = [_among(own[name], values) for name, values in row.items() if name in own]
        missing = {name: values for name, values in row.items() if name not in own}
        for key, other in self.through.items():
            if not missing or key.lower() not in own:
                continue
            found = find(other)
            there = {column.lower(): column for column in found[1]} if found else {}
            reached = [name for name in missing if name in there]
            if found is None or not reached or key.lower() not in there:
                continue
            within = " AND ".join(_among(there[name], missing.pop(name)) for name in reached)
            keys = f"SELECT {identifier(there[key.lower()])} FROM {found[0]} WHERE {within}"
            told.append(f"{identifier(own[key.lower()])} IN ({keys})")
        return None if missing else " AND ".join(told)

    def _refused(self, table: str, why: str) -> AccessError:
        return AccessError(
            f"the rules for you let nothing of {table} through: {why}",
            hint="ask whoever keeps the rules; `lakehouse access check` tells them what you see",
        )


def _among(column: str, values: Sequence[str]) -> str:
    listed = ", ".join(map(literal, values))
    return f"CAST({identifier(column)} AS VARCHAR) IN ({listed})"
