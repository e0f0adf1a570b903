"""MERGE: of several WHEN clauses the first that holds wins, for each row.

The engine's MERGE of an Iceberg table takes one UPDATE or DELETE. So several updates become one,
column by column a CASE; where rows are deleted, too, they are deleted first, in the same
transaction, by a copy of the source that remembers which of its rows had a match before.

Rules: Trino's documentation of MERGE.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from lakehouse.athena.analysis.plan import RelationPlan
from lakehouse.athena.analysis.relations import RelationAnalyzer
from lakehouse.athena.analysis.scope import Scope
from lakehouse.athena.errors import AthenaError
from lakehouse.athena.statements import values as v
from lakehouse.athena.types import identifier
from lakehouse.athena.writing.rows import START, RowChanges, field_of, no_repeats

_COPY = 'temp.main."athena merge"'
_HAD_MATCH = "had_match"


@dataclass(frozen=True)
class MergeChange:
    """What a MERGE becomes.

    `probe` finds none where nothing would change, `twice` a row that two rows of the source would
    change. Where MERGE updates and deletes, `deletes` finds a row that is deleted: if there is
    one, `before`, `sql` and `after` are one transaction. Else `alone` does all there is to do.
    """

    probe: str
    twice: str
    deletes: str
    alone: str
    before: tuple[str, ...]
    sql: str
    after: tuple[str, ...]


def merge(changes: RowChanges, statement: v.Merge) -> MergeChange:
    """MERGE INTO table USING source ON condition WHEN ... Raises AthenaError."""
    plan = changes.target(statement.table)
    alias = statement.alias
    if alias is not None:
        fields = tuple(replace(f, qualifier=(alias.key,)) for f in plan.fields)
        plan = RelationPlan(plan.sql, fields)
    source = RelationAnalyzer(changes.queries, None).relation(statement.source)
    direct = _Merging(changes, statement, plan, source)
    copied = _Merging(changes, statement, plan, _copy(source), had_match=True)
    columns = [f"{field.sql} AS c{i}" for i, field in enumerate(source.fields)]
    matched = f"EXISTS (SELECT 1 FROM {plan.sql} WHERE {direct.on}) AS {_HAD_MATCH}"
    copying = f"CREATE OR REPLACE TEMP TABLE {_COPY.rpartition('.')[2]} AS "
    copying += f"SELECT {', '.join([*columns, matched])} FROM {source.sql}"
    gone, updates = direct.won("delete"), direct.won("update")
    chosen = " OR ".join(direct.winning) or "false"
    return MergeChange(
        probe=f"SELECT 1 FROM {source.sql} LIMIT 1",
        twice=_twice(plan, f"{source.sql} ON {direct.on}", chosen) if gone else "",
        deletes=_first(plan, source, f"{direct.on} AND ({gone})") if gone and updates else "",
        alone=direct.sql(deleting=not updates),
        before=(
            copying,
            f"DELETE FROM {plan.sql} WHERE EXISTS (SELECT 1 FROM {copied.source.sql} "
            f"WHERE {copied.on} AND ({copied.won('delete') or 'false'}))",
        ),
        sql=copied.sql(deleting=False),
        after=(f"DROP TABLE {_COPY}",),
    )


def _copy(source: RelationPlan) -> RelationPlan:
    fields = tuple(replace(f, sql=f"m.c{i}") for i, f in enumerate(source.fields))
    return RelationPlan(f"{_COPY} AS m", fields, ())


def _first(plan: RelationPlan, source: RelationPlan, condition: str) -> str:
    return f"SELECT 1 FROM {plan.sql} JOIN {source.sql} ON {condition} LIMIT 1"


def _twice(plan: RelationPlan, joined: str, chosen: str) -> str:
    row = ", ".join(f"{_alias(plan)}.{name}" for name in ("filename", "file_row_number"))
    return (
        f"SELECT 1 FROM {plan.sql} JOIN {joined} WHERE {chosen} "
        f"GROUP BY {row} HAVING count(*) > 1 LIMIT 1"
    )


def _alias(plan: RelationPlan) -> str:
    return plan.fields[0].sql.partition(".")[0]


class _Merging:
    """The parts of a MERGE whose source is read from one place."""

    def __init__(
        self,
        changes: RowChanges,
        statement: v.Merge,
        plan: RelationPlan,
        source: RelationPlan,
        *,
        had_match: bool = False,
    ) -> None:
        self._changes = changes
        self._plan = plan
        self.source = source
        self._had_match = had_match
        self._scope = Scope(plan.fields + source.fields)
        self.on = changes.condition(statement.condition, self._scope, "MERGE condition")
        self._matched = [case for case in statement.cases if case.matched]
        self._others = [case for case in statement.cases if not case.matched]
        self.winning = self._winning()

    def won(self, action: str) -> str:
        """SQL of whether a matched row is to be deleted, or updated; empty where none can be."""
        pairs = zip(self._matched, self.winning, strict=True)
        return " OR ".join(won for case, won in pairs if case.action == action)

    def sql(self, *, deleting: bool) -> str:
        """The engine's MERGE; of several WHEN MATCHED that are of one kind it makes one."""
        deletes = self._delete() if deleting else []
        clauses = [*self._update(), *deletes, *map(self._insert, self._others)]
        if not clauses:
            return ""
        head = f"MERGE INTO {self._plan.sql} USING {self.source.sql} ON {self.on}"
        return f"{head} {' '.join(clauses)}"

    def _winning(self) -> list[str]:
        """For each WHEN MATCHED, whether it is the first that holds."""
        made: list[str] = []
        earlier: list[str] = []
        for case in self._matched:
            own = "true"
            if case.condition is not None:
                own = self._changes.condition(case.condition, self._scope, "WHEN clause")
            held = f"coalesce({own}, false)"
            made.append(" AND ".join([f"({held}", *(f"NOT {each}" for each in earlier)]) + ")")
            earlier.append(held)
        return made

    def _update(self) -> list[str]:
        cases = [
            (case, won)
            for case, won in zip(self._matched, self.winning, strict=True)
            if case.action == "update"
        ]
        if not cases:
            return []
        values: dict[str, list[tuple[str, str]]] = {}
        for case, won in cases:
            names = [a.column.key for a in case.assignments]
            no_repeats(names)
            for assignment in case.assignments:
                column = assignment.column
                field = field_of(self._plan, column.key, column.position)
                value = self._changes.fitting(assignment.value, field, self._scope)
                values.setdefault(identifier(field.name or ""), []).append((won, value))
        own = {identifier(field.name or ""): field.sql for field in self._plan.fields}
        assigned = ", ".join(
            f"{name} = {_chosen(found, own[name], only=len(cases) == 1)}"
            for name, found in values.items()
        )
        wins = " OR ".join(won for _, won in cases)
        return [f"WHEN MATCHED AND ({wins}) THEN UPDATE SET {assigned}"]

    def _delete(self) -> list[str]:
        won = self.won("delete")
        return [f"WHEN MATCHED AND ({won}) THEN DELETE"] if won else []

    def _insert(self, case: v.MergeCase) -> str:
        seen = Scope(self.source.fields)
        conditions = [f"NOT m.{_HAD_MATCH}"] if self._had_match else []
        if case.condition is not None:
            conditions.append(f"({self._changes.condition(case.condition, seen, 'WHEN clause')})")
        names = [c.key for c in case.columns] or [f.name or "" for f in self._plan.starred]
        if len(names) != len(case.values):
            message = f"Insert column count ({len(names)}) does not match the number of values"
            raise AthenaError("TYPE_MISMATCH", f"{message} ({len(case.values)})")
        targets = [field_of(self._plan, name, START) for name in names]
        no_repeats([field.name or "" for field in targets])
        values = [
            self._changes.fitting(value, target, seen)
            for value, target in zip(case.values, targets, strict=True)
        ]
        condition = "".join(f" AND {each}" for each in conditions)
        columns = ", ".join(identifier(field.name or "") for field in targets)
        head = f"WHEN NOT MATCHED{condition} THEN"
        return f"{head} INSERT ({columns}) VALUES ({', '.join(values)})"


def _chosen(found: Sequence[tuple[str, str]], own: str, *, only: bool) -> str:
    if only:
        return found[0][1]
    cases = " ".join(f"WHEN {won} THEN {value}" for won, value in found)
    return f"CASE {cases} ELSE {own} END"


def refuse_twice(change: MergeChange, any_row: Callable[[str], bool]) -> None:
    """Raise MERGE_TARGET_ROW_MULTIPLE_MATCHES for deletes; of updates the engine tells."""
    if change.twice and any_row(change.twice):
        message = "One MERGE target table row matched more than one source row"
        raise AthenaError("MERGE_TARGET_ROW_MULTIPLE_MATCHES", message)
