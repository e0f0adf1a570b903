"""The predicates of an SQL/JSON path: true, false or unknown of an item."""

import operator
from collections.abc import Callable

from lakehouse.athena.engine.json_items import (
    Context,
    Items,
    Node,
    PathError,
    Predicate,
    is_number,
    unwrapped,
)
from lakehouse.athena.engine.json_text import Json


def either(left: Predicate, right: Predicate) -> Predicate:
    """left || right, of three truth values."""

    def evaluate(context: Context) -> bool | None:
        a, b = left(context), right(context)
        return True if a or b else None if a is None or b is None else False

    return evaluate


def both(left: Predicate, right: Predicate) -> Predicate:
    """left && right, of three truth values."""

    def evaluate(context: Context) -> bool | None:
        a, b = left(context), right(context)
        return False if a is False or b is False else None if a is None or b is None else True

    return evaluate


def exists(node: Node) -> Predicate:
    """exists(path)."""

    def evaluate(context: Context) -> bool | None:
        try:
            return bool(node(context))
        except PathError:
            return None

    return evaluate


def _sides(context: Context, left: Node, right: Node) -> tuple[Items, Items] | None:
    try:
        return unwrapped(context, left(context)), unwrapped(context, right(context))
    except PathError:
        return None


def compared(symbol: str, left: Node, right: Node) -> Predicate:
    """left == <> < <= > >= right, for some pair of their items."""

    def evaluate(context: Context) -> bool | None:
        sides = _sides(context, left, right)
        if sides is None:
            return None
        answers = [_compare(symbol, a, b) for a in sides[0] for b in sides[1]]
        return _decided(context, answers)

    return evaluate


def _decided(context: Context, answers: list[bool | None]) -> bool | None:
    if not context.lax:
        return None if None in answers else True in answers
    return next((answer for answer in answers if answer is not False), False)


def _compare(symbol: str, a: Json, b: Json) -> bool | None:
    if isinstance(a, (list, dict)) or isinstance(b, (list, dict)):
        if a is None or b is None:
            return False
        return None
    if a is None or b is None:
        return a is b if symbol == "==" else False
    same = (is_number(a) and is_number(b)) or type(a) is type(b)
    if not same:
        return None
    return bool(_COMPARISONS[symbol](a, b))


_COMPARISONS: dict[str, Callable[[Json, Json], Json]] = {
    "==": operator.eq, "<>": operator.ne, "!=": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def starts(left: Node, right: Node) -> Predicate:
    """left starts with right."""

    def evaluate(context: Context) -> bool | None:
        sides = _sides(context, left, right)
        if sides is None or len(sides[1]) != 1 or not isinstance(sides[1][0], str):
            return None
        answers = [
            item.startswith(sides[1][0]) if isinstance(item, str) else None for item in sides[0]
        ]
        return _decided(context, answers)

    return evaluate
