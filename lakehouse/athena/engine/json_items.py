"""What the steps of an SQL/JSON path make of a sequence of items: accessors, arithmetic, methods.

Numbers are Decimal where JSON or the path wrote them exactly and float where it wrote an exponent.
"""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from lakehouse.athena.engine.function_error import FunctionError
from lakehouse.athena.engine.json_text import Json


class PathError(Exception):
    """An error of evaluation; ON ERROR says what becomes of it."""


@dataclass
class Context:
    """What a path is evaluated against."""

    root: Json
    passed: dict[str, list[Json]]
    lax: bool
    current: Json = None
    last: int = -1


Items = list[Json]
Node = Callable[[Context], Items]
Predicate = Callable[[Context], bool | None]


def parse_item(text: str) -> Json:
    """A JSON text as an item: exact numbers as Decimal. Raises PathError."""
    try:
        return json.loads(text, parse_int=Decimal, parse_float=written, parse_constant=_constant)
    except ValueError as error:
        raise PathError(str(error)) from None


def written(text: str) -> Json:
    """A number as JSON or a path writes it."""
    return float(text) if "e" in text.lower() else Decimal(text)


def _constant(name: str) -> Json:
    raise ValueError(name)


def passed(context: Context, name: str) -> Items:
    """The items PASSING gives a variable: one, or none. Raises FunctionError INVALID_PATH."""
    if name not in context.passed:
        raise FunctionError(f"no value passed for parameter {name}", "INVALID_PATH")
    return context.passed[name]


def unwrapped(context: Context, items: Items) -> Items:
    """Lax mode takes arrays apart before an operation on their elements."""
    if not context.lax:
        return items
    return [e for item in items for e in (item if isinstance(item, list) else [item])]


def as_array(context: Context, item: Json) -> Items:
    """An array's elements; in lax mode what is no array is one of one element."""
    if isinstance(item, list):
        return item
    if context.lax:
        return [item]
    raise PathError("not an array")


def is_number(item: Json) -> bool:
    """Whether an item is a number, which true is not."""
    return isinstance(item, (Decimal, float)) and not isinstance(item, bool)


def signed(sign: str, item: Json) -> Json:
    """+ or - a number. Raises PathError."""
    if not is_number(item):
        raise PathError("not a number")
    return -item if sign == "-" else item


def arithmetic(symbol: str, left: Node, right: Node) -> Node:
    """left + - * / % right, each a single number."""

    def evaluate(context: Context) -> Items:
        sides = []
        for node in (left, right):
            items = unwrapped(context, node(context))
            if len(items) != 1 or not is_number(items[0]):
                raise PathError("not a single number")
            sides.append(items[0])
        return [_calculated(symbol, *sides)]

    return evaluate


def _calculated(symbol: str, a: Json, b: Json) -> Json:
    if isinstance(a, float) or isinstance(b, float):
        a, b = float(a), float(b)
    if symbol in "/%" and b == 0:
        raise PathError("division by zero")
    if symbol == "/":
        exact = isinstance(a, Decimal) and a == a.to_integral() and b == b.to_integral()
        return Decimal(int(a / b)) if exact else a / b
    if symbol == "%":
        return math.fmod(a, b) if isinstance(a, float) else a % b
    return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b}[symbol]()


def member(node: Node, name: str) -> Node:
    """Accessor `.name`."""

    def evaluate(context: Context) -> Items:
        found = []
        for item in unwrapped(context, node(context)):
            if isinstance(item, dict) and name in item:
                found.append(item[name])
            elif not context.lax:
                raise PathError(f"no member {name}")
        return found

    return evaluate


def members(node: Node) -> Node:
    """Accessor `.*`."""

    def evaluate(context: Context) -> Items:
        found: Items = []
        for item in unwrapped(context, node(context)):
            if isinstance(item, dict):
                found += item.values()
            elif not context.lax:
                raise PathError("not an object")
        return found

    return evaluate


def descendants(node: Node, name: str) -> Node:
    """Accessor `..name`."""

    def walk(item: Json) -> Iterator[Json]:
        if isinstance(item, dict):
            if name in item:
                yield item[name]
            for child in item.values():
                yield from walk(child)
        elif isinstance(item, list):
            for child in item:
                yield from walk(child)

    return lambda context: [found for item in node(context) for found in walk(item)]


def elements(node: Node, ranges: list[tuple[Node, Node | None]]) -> Node:
    """Accessor `[low to high, ...]`."""

    def evaluate(context: Context) -> Items:
        found: Items = []
        for item in node(context):
            array = as_array(context, item)
            inner = Context(
                context.root, context.passed, context.lax, context.current, len(array) - 1
            )
            for low, high in ranges:
                found += _slice(inner, array, low, high)
        return found

    return evaluate


def _slice(context: Context, array: Items, low: Node, high: Node | None) -> Items:
    start = _place(context, low)
    stop = start if high is None else _place(context, high)
    if not context.lax and (start < 0 or stop >= len(array) or start > stop):
        raise PathError("array index out of bounds")
    return array[max(start, 0) : max(stop + 1, 0)] if start <= stop else []


def _place(context: Context, node: Node) -> int:
    items = node(context)
    if len(items) != 1 or not is_number(items[0]):
        raise PathError("array index is not a number")
    return int(items[0])


def filtered(node: Node, predicate: Predicate) -> Node:
    """Accessor `?(predicate)`."""

    def evaluate(context: Context) -> Items:
        found = []
        for item in unwrapped(context, node(context)):
            inner = Context(context.root, context.passed, context.lax, item, context.last)
            if predicate(inner):
                found.append(item)
        return found

    return evaluate


def _mapped(convert: Callable[[Json], Json]) -> Callable[[Node], Node]:
    return lambda node: lambda context: [convert(e) for e in unwrapped(context, node(context))]


def _number_method(name: str) -> Callable[[Json], Json]:
    def convert(item: Json) -> Json:
        if not is_number(item):
            raise PathError("not a number")
        if name == "abs":
            return abs(item)
        rounded = math.ceil(item) if name == "ceiling" else math.floor(item)
        return float(rounded) if isinstance(item, float) else Decimal(rounded)

    return convert


def _double(item: Json) -> Json:
    try:
        return float(item) if isinstance(item, (Decimal, float, str)) else _not_double(item)
    except ValueError:
        raise PathError("not a double") from None


def _not_double(item: Json) -> Json:
    raise PathError(f"not a double: {item}")


def _type_name(item: Json) -> str:
    if item is None:
        return "null"
    if isinstance(item, bool):
        return "boolean"
    if is_number(item):
        return "number"
    return "string" if isinstance(item, str) else "array" if isinstance(item, list) else "object"


def _size(node: Node) -> Node:
    def evaluate(context: Context) -> Items:
        found: Items = []
        for item in node(context):
            if not isinstance(item, list) and not context.lax:
                raise PathError("not an array")
            found.append(Decimal(len(item)) if isinstance(item, list) else Decimal(1))
        return found

    return evaluate


def _keyvalue(node: Node) -> Node:
    def evaluate(context: Context) -> Items:
        found: Items = []
        for number, item in enumerate(unwrapped(context, node(context))):
            if not isinstance(item, dict):
                raise PathError("not an object")
            found += [{"name": k, "value": v, "id": Decimal(number)} for k, v in item.items()]
        return found

    return evaluate


METHODS: dict[str, Callable[[Node], Node]] = {
    "double": _mapped(_double),
    "abs": _mapped(_number_method("abs")),
    "ceiling": _mapped(_number_method("ceiling")),
    "floor": _mapped(_number_method("floor")),
    "type": lambda node: lambda context: [_type_name(item) for item in node(context)],
    "size": _size,
    "keyvalue": _keyvalue,
}
