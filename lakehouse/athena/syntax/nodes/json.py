"""The SQL standard's JSON functions."""

from dataclasses import dataclass

from lakehouse.athena.syntax.nodes.tree import Expression, Identifier, Node, TypeName


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
