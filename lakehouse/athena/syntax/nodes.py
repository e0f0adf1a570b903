"""Syntax trees of queries. Every node is frozen; positions never take part in equality."""

from dataclasses import dataclass, field

from lakehouse.athena.errors import Position

_NOWHERE = Position(1, 1)


@dataclass(frozen=True)
class Node:
    """Anything the parser makes."""

    position: Position = field(default=_NOWHERE, compare=False, kw_only=True)


@dataclass(frozen=True)
class Identifier(Node):
    """A name. Athena compares names without regard to case, delimited or not."""

    value: str
    delimited: bool = field(default=False, compare=False)

    @property
    def key(self) -> str:
        """What two spellings of one name have in common."""
        return self.value.lower()


class Expression(Node):
    """Anything that has a value."""


@dataclass(frozen=True)
class TypeName(Node):
    """A type as written: name, numeric parameters, nested types and the names of row fields."""

    name: str
    numbers: tuple[int, ...] = ()
    arguments: tuple["TypeName", ...] = ()
    fields: tuple[Identifier | None, ...] = ()


@dataclass(frozen=True)
class NullLiteral(Expression):
    """NULL."""


@dataclass(frozen=True)
class BooleanLiteral(Expression):
    """TRUE or FALSE."""

    value: bool


@dataclass(frozen=True)
class NumberLiteral(Expression):
    """`kind` is integer, decimal or double; `text` has no underscores."""

    kind: str
    text: str


@dataclass(frozen=True)
class StringLiteral(Expression):
    """'text'."""

    value: str


@dataclass(frozen=True)
class BinaryLiteral(Expression):
    """X'hex'."""

    digits: str


@dataclass(frozen=True)
class TypedLiteral(Expression):
    """DATE '2020-01-01', DECIMAL '1.5', JSON '[1]': a type's name before a string."""

    type: TypeName
    value: str


@dataclass(frozen=True)
class IntervalLiteral(Expression):
    """INTERVAL [-] 'value' unit [TO unit]."""

    negative: bool
    value: str
    unit: str
    to_unit: str | None


@dataclass(frozen=True)
class Parameter(Expression):
    """The `index`-th question mark, from 0."""

    index: int


@dataclass(frozen=True)
class Column(Expression):
    """A bare name: a column, a lambda's argument, or the first part of a dotted path."""

    name: Identifier


@dataclass(frozen=True)
class Dereference(Expression):
    """base.field: a column of a relation, or a field of a row."""

    base: Expression
    field: Identifier


@dataclass(frozen=True)
class Unary(Expression):
    """+ or - before a value."""

    operator: str
    operand: Expression


@dataclass(frozen=True)
class Arithmetic(Expression):
    """+ - * / % and ||."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Comparison(Expression):
    """= <> < <= > >=, and IS [NOT] DISTINCT FROM as operators of their own."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Quantified(Expression):
    """value operator ALL|ANY (query)."""

    operator: str
    quantifier: str
    value: Expression
    query: "Query"


@dataclass(frozen=True)
class Logical(Expression):
    """AND or OR of two operands."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Not(Expression):
    """NOT operand."""

    operand: Expression


@dataclass(frozen=True)
class Between(Expression):
    """value BETWEEN low AND high."""

    value: Expression
    low: Expression
    high: Expression


@dataclass(frozen=True)
class InList(Expression):
    """value IN (items)."""

    value: Expression
    items: tuple[Expression, ...]


@dataclass(frozen=True)
class InQuery(Expression):
    """value IN (query)."""

    value: Expression
    query: "Query"


@dataclass(frozen=True)
class Like(Expression):
    """value LIKE pattern [ESCAPE escape]."""

    value: Expression
    pattern: Expression
    escape: Expression | None


@dataclass(frozen=True)
class IsNull(Expression):
    """value IS NULL."""

    value: Expression


@dataclass(frozen=True)
class Exists(Expression):
    """EXISTS (query)."""

    query: "Query"


@dataclass(frozen=True)
class ScalarQuery(Expression):
    """(query) where a value is wanted."""

    query: "Query"


@dataclass(frozen=True)
class RowConstructor(Expression):
    """(a, b) or ROW(a, b)."""

    items: tuple[Expression, ...]


@dataclass(frozen=True)
class ArrayConstructor(Expression):
    """ARRAY[a, b]."""

    items: tuple[Expression, ...]


@dataclass(frozen=True)
class Subscript(Expression):
    """base[index]."""

    base: Expression
    index: Expression


@dataclass(frozen=True)
class When(Node):
    """One WHEN of a CASE."""

    condition: Expression
    result: Expression


@dataclass(frozen=True)
class Case(Expression):
    """CASE [operand] WHEN ... ELSE default END."""

    operand: Expression | None
    whens: tuple[When, ...]
    default: Expression | None


@dataclass(frozen=True)
class Cast(Expression):
    """CAST, or TRY_CAST where `safe`."""

    value: Expression
    type: TypeName
    safe: bool


@dataclass(frozen=True)
class Extract(Expression):
    """EXTRACT(field FROM value)."""

    field: str
    value: Expression


@dataclass(frozen=True)
class AtTimeZone(Expression):
    """value AT TIME ZONE zone."""

    value: Expression
    zone: Expression


@dataclass(frozen=True)
class CurrentTime(Expression):
    """CURRENT_DATE, CURRENT_TIMESTAMP(p) and the like; `name` in lower case."""

    name: str
    precision: int | None


@dataclass(frozen=True)
class Trim(Expression):
    """TRIM([side] [characters] FROM value)."""

    side: str
    characters: Expression | None
    value: Expression


@dataclass(frozen=True)
class Lambda(Expression):
    """(a, b) -> body."""

    parameters: tuple[Identifier, ...]
    body: Expression


@dataclass(frozen=True)
class SortItem(Node):
    """One item of ORDER BY; NULLs come last unless told, in either direction."""

    value: Expression
    descending: bool
    nulls_first: bool


@dataclass(frozen=True)
class FrameBound(Node):
    """`kind`: unbounded preceding|preceding|current row|following|unbounded following."""

    kind: str
    value: Expression | None


@dataclass(frozen=True)
class Frame(Node):
    """ROWS, RANGE or GROUPS between two bounds."""

    unit: str
    start: FrameBound
    end: FrameBound | None


@dataclass(frozen=True)
class Window(Node):
    """What stands after OVER; `base` names one of the WINDOW clause."""

    base: Identifier | None
    partition: tuple[Expression, ...]
    order: tuple[SortItem, ...]
    frame: Frame | None


@dataclass(frozen=True)
class Call(Expression):
    """name(arguments), with all that may surround a function call."""

    name: Identifier
    arguments: tuple[Expression, ...]
    star: bool = False
    distinct: bool = False
    order: tuple[SortItem, ...] = ()
    filter: Expression | None = None
    nulls: str | None = None  # IGNORE or RESPECT
    window: Window | None = None
    within_group: bool = False

    @property
    def function(self) -> str:
        """The function's name in lower case."""
        return self.name.key


@dataclass(frozen=True)
class JsonInput(Node):
    """What a JSON function reads; `formatted` where FORMAT JSON was said."""

    value: Expression
    formatted: bool


@dataclass(frozen=True)
class JsonPathCall(Expression):
    """JSON_EXISTS, JSON_VALUE or JSON_QUERY, every clause kept."""

    function: str
    input: JsonInput
    path: str
    passing: tuple[tuple[Identifier, JsonInput], ...] = ()
    returning: TypeName | None = None
    wrapper: str = "without"  # without, conditional or unconditional
    keep_quotes: bool = True
    on_empty: str = "null"  # error, null, default, empty array or empty object
    on_error: str = "null"
    empty_default: Expression | None = None
    error_default: Expression | None = None


@dataclass(frozen=True)
class JsonConstructor(Expression):
    """JSON_ARRAY and JSON_OBJECT; an array's members have no key."""

    function: str
    members: tuple[tuple[Expression | None, JsonInput], ...]
    null_on_null: bool
    unique_keys: bool
    returning: TypeName | None


# --- queries -------------------------------------------------------------------------------------


class Relation(Node):
    """Anything that can stand in FROM."""


class QueryBody(Node):
    """SELECT, VALUES, TABLE, a set operation or a nested query."""


@dataclass(frozen=True)
class SelectItem(Node):
    """An expression with an optional name."""

    value: Expression
    alias: Identifier | None


@dataclass(frozen=True)
class AllColumns(Node):
    """* or prefix.*."""

    prefix: Expression | None
    aliases: tuple[Identifier, ...]


@dataclass(frozen=True)
class GroupingElement(Node):
    """`kind`: simple, rollup, cube or sets; each member is one set of expressions."""

    kind: str
    members: tuple[tuple[Expression, ...], ...]


@dataclass(frozen=True)
class Select(QueryBody):
    """One SELECT up to its WINDOW clause."""

    distinct: bool
    items: tuple[SelectItem | AllColumns, ...]
    relation: Relation | None
    where: Expression | None
    group_by: tuple[GroupingElement, ...] | None
    group_distinct: bool
    having: Expression | None
    windows: tuple[tuple[Identifier, Window], ...]


@dataclass(frozen=True)
class SetOperation(QueryBody):
    """UNION, INTERSECT or EXCEPT."""

    operator: str
    distinct: bool
    left: QueryBody
    right: QueryBody


@dataclass(frozen=True)
class Values(QueryBody):
    """VALUES rows."""

    rows: tuple[Expression, ...]


@dataclass(frozen=True)
class TableBody(QueryBody):
    """TABLE name."""

    table: "Table"


@dataclass(frozen=True)
class Nested(QueryBody):
    """A query in parentheses."""

    query: "Query"


@dataclass(frozen=True)
class NamedQuery(Node):
    """One query of WITH."""

    name: Identifier
    columns: tuple[Identifier, ...]
    query: "Query"


@dataclass(frozen=True)
class Query(Node):
    """A whole query."""

    body: QueryBody
    named: tuple[NamedQuery, ...] = ()
    recursive: bool = False
    order: tuple[SortItem, ...] = ()
    offset: Expression | None = None
    limit: Expression | None = None
    with_ties: bool = False


@dataclass(frozen=True)
class Version(Node):
    """FOR TIMESTAMP|VERSION AS OF value."""

    kind: str
    value: Expression


@dataclass(frozen=True)
class Table(Relation):
    """A table, view or named query: one to three parts."""

    parts: tuple[Identifier, ...]
    version: Version | None = None


@dataclass(frozen=True)
class Subquery(Relation):
    """(query) in FROM; `lateral` sees the relations to its left."""

    query: Query
    lateral: bool = False


@dataclass(frozen=True)
class Unnest(Relation):
    """UNNEST(arrays and maps) [WITH ORDINALITY]."""

    arguments: tuple[Expression, ...]
    ordinality: bool


@dataclass(frozen=True)
class Join(Relation):
    """`kind`: cross, inner, left, right or full; one of `on` and `using`, none for cross."""

    kind: str
    left: Relation
    right: Relation
    on: Expression | None = None
    using: tuple[Identifier, ...] = ()


@dataclass(frozen=True)
class Aliased(Relation):
    """relation AS name (columns)."""

    relation: Relation
    name: Identifier
    columns: tuple[Identifier, ...]


@dataclass(frozen=True)
class Sample(Relation):
    """relation TABLESAMPLE kind (percentage)."""

    relation: Relation
    kind: str
    percentage: Expression
