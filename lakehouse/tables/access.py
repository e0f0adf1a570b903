"""The rules of who sees what, as tables: QuickSight's permissions datasets.

`access.row_rules` has, beside the two columns here, one for each column of tables that rules are
about: `country`, `product_id`. Whoever writes a rule for another column adds it.
"""

from collections.abc import Mapping, Sequence

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import And, BooleanExpression, EqualTo, IsNull, Reference
from pyiceberg.expressions.literals import literal
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.types import BooleanType, LongType, NestedField, StringType, TimestamptzType

from lakehouse.errors import CatalogError
from lakehouse.tables.creation import ensure_table

NAMESPACE = "access"
ROW_RULES = (NAMESPACE, "row_rules")
COLUMN_RULES = (NAMESPACE, "column_rules")
USER, GROUP = "user_name", "group_name"

ROW_RULES_SCHEMA = Schema(
    NestedField(1, USER, StringType(), doc="Whom the rule is for, as the provider names them"),
    NestedField(2, GROUP, StringType(), doc="Or the group whom it is for"),
)
COLUMN_RULES_SCHEMA = Schema(
    NestedField(1, "table_name", StringType(), doc="namespace.table; null: every table"),
    NestedField(2, "column_name", StringType(), required=True, doc="Hidden but from these:"),
    NestedField(3, USER, StringType(), doc="Who sees it"),
    NestedField(4, GROUP, StringType(), doc="The group that sees it"),
)

# In the namespace of the tables about the lakehouse itself.
AUDIT = ("ops", "audit")
AUDIT_SCHEMA = Schema(
    NestedField(1, "id", StringType(), required=True, doc="The entry, a UUID"),
    NestedField(2, "asked_at", TimestamptzType(), required=True, doc="When"),
    NestedField(3, "person", StringType(), required=True, doc="Who, as the provider names them"),
    NestedField(4, "groups", StringType(), required=True, doc="In which groups, a JSON list"),
    NestedField(5, "action", StringType(), required=True, doc="page, statement, download or login"),
    NestedField(6, "page", StringType(), doc="The page of the dashboard"),
    NestedField(7, "statement", StringType(), doc="The text of the statement"),
    NestedField(8, "tables", StringType(), required=True, doc="Tables it read, a JSON list"),
    NestedField(9, "row_count", LongType(), doc="Rows that were answered"),
    NestedField(10, "allowed", BooleanType(), required=True, doc="Whether the rules allowed it"),
    NestedField(11, "reason", StringType(), doc="Why not, or what else went wrong"),
    NestedField(12, "execution_id", StringType(), doc="The query execution"),
    NestedField(13, "row_rules", LongType(), doc="The snapshot of access.row_rules"),
    NestedField(14, "column_rules", LongType(), doc="The snapshot of access.column_rules"),
)


def rule_tables(catalog: Catalog) -> tuple[Table, Table]:
    """The tables of row rules and of column rules, made when there are none.

    Both are made at once: one that is missing beside the other is a damage. Raises CatalogError for
    tables that somebody made with other columns.
    """
    rows = ensure_table(catalog, ROW_RULES, ROW_RULES_SCHEMA)
    columns = ensure_table(catalog, COLUMN_RULES, COLUMN_RULES_SCHEMA)
    for table, schema in ((rows, ROW_RULES_SCHEMA), (columns, COLUMN_RULES_SCHEMA)):
        if missing := {f.name for f in schema.fields} - {f.name for f in table.schema().fields}:
            name = ".".join(table.name())
            hint = "change it with `lakehouse sql --write`, as it was made"
            raise CatalogError(f"{name} has no column {min(missing)}", hint=hint)
    return rows, columns


def add_row_rule(
    catalog: Catalog, *, user: str | None, group: str | None, values: Mapping[str, Sequence[str]]
) -> None:
    """Add a row rule: `values` are those that are let through, by column; without any, all are."""
    table, _ = rule_tables(catalog)
    known = {field.name for field in table.schema().fields}
    if missing := [column for column in values if column not in known]:
        with table.update_schema() as update:
            for column in missing:
                update.add_column(column, StringType(), doc="Values that are let through")
    row: dict[str, str | None] = {USER: user, GROUP: group}
    row |= {column: ",".join(map(_quoted, given)) for column, given in values.items()}
    table.append(pa.Table.from_pylist([row], table.schema().as_arrow()))


def drop_row_rules(catalog: Catalog, *, user: str | None, group: str | None) -> int:
    """Remove the row rules of a person or a group; returns how many there were."""
    where = _equal(USER, user) if user else _equal(GROUP, group or "")
    return _dropped(rule_tables(catalog)[0], where)


def add_column_rules(
    catalog: Catalog, table: str | None, column: str, users: Sequence[str], groups: Sequence[str]
) -> None:
    """Hide a column, of one table or of every one that has it, from all but these."""
    _, rules = rule_tables(catalog)
    named: list[tuple[str | None, str | None]] = [(user, None) for user in users]
    named += [(None, group) for group in groups]
    rows = [
        {"table_name": table, "column_name": column, USER: user, GROUP: group}
        for user, group in named or [(None, None)]
    ]
    rules.append(pa.Table.from_pylist(rows, rules.schema().as_arrow()))


def drop_column_rules(catalog: Catalog, table: str | None, column: str) -> int:
    """Remove the rules of a column; returns how many there were."""
    _, rules = rule_tables(catalog)
    of = _equal("table_name", table) if table else IsNull(term=Reference("table_name"))
    return _dropped(rules, And(_equal("column_name", column), of))


def _equal(column: str, value: str) -> BooleanExpression:
    return EqualTo(term=Reference(column), value=literal(value))


def _dropped(table: Table, where: BooleanExpression) -> int:
    count = len(table.scan(row_filter=where).to_arrow())
    if count:
        table.delete(where)
    return count


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if "," in value or value.startswith('"') else value
