"""SQL/JSON paths: JSON_EXISTS, JSON_VALUE and JSON_QUERY over an evaluated sequence of items.

Grammar and meaning follow Trino's "JSON path language". Numbers are Decimal where JSON or the path
wrote them exactly and float where it wrote an exponent.
"""

import json
import math
import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from lakehouse.athena.engine import json_text
from lakehouse.athena.engine.function_error import FunctionError
from lakehouse.athena.engine.json_text import Json


class PathError(Exception):
    """An error of evaluation; ON ERROR says what becomes of it."""


@dataclass
class Context:
    """What a path is evaluated against."""

    root: Json
    passed: dict[str, Json]
    lax: bool
    current: Json = None
    last: int = -1


Items = list[Json]
Node = Callable[[Context], Items]
Predicate = Callable[[Context], bool | None]

_TOKENS = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<string>"(?:[^"\\]|\\.|"")*")"""
    r"""|(?P<variable>\$[A-Za-z_]\w*)|(?P<name>[A-Za-z_]\w*)"""
    r"""|(?P<symbol>\.\.|==|<>|!=|<=|>=|&&|\|\||[$@.\[\](),?!<>+\-*/%]))"""
)


def parse_item(text: str) -> Json:
    """A JSON text as an item: exact numbers as Decimal. Raises PathError."""
    try:
        return json.loads(text, parse_int=Decimal, parse_float=_written, parse_constant=_constant)
    except ValueError as error:
        raise PathError(str(error)) from None


def _written(text: str) -> Json:
    return float(text) if "e" in text.lower() else Decimal(text)


def _constant(name: str) -> Json:
    raise ValueError(name)


class _Parser:
    """Recursive descent over a path's tokens."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._tokenize(text))
        self._index = 0

    def _tokenize(self, text: str) -> Iterator[tuple[str, str]]:
        offset = 0
        text = text.rstrip()
        while offset < len(text):
            match = _TOKENS.match(text, offset)
            if match is None:
                raise self.invalid()
            offset = match.end()
            yield match.lastgroup or "", match[match.lastgroup or 0]

    def invalid(self) -> FunctionError:
        """The error for a path that is none."""
        return FunctionError(f"Invalid JSON path: '{self._text}'", "INVALID_PATH")

    def peek(self, *symbols: str) -> bool:
        return (
            self._index < len(self._tokens)
            and self._tokens[self._index][1] in symbols
            and (self._tokens[self._index][0] in ("symbol", "name"))
        )

    def take(self, *symbols: str) -> str:
        if not self.peek(*symbols):
            return ""
        self._index += 1
        return self._tokens[self._index - 1][1]

    def need(self, symbol: str) -> None:
        if not self.take(symbol):
            raise self.invalid()

    def kind(self) -> str:
        return self._tokens[self._index][0] if self._index < len(self._tokens) else ""

    def next(self) -> str:
        self._index += 1
        return self._tokens[self._index - 1][1]

    def path(self) -> tuple[bool, Node]:
        mode = self.take("lax", "strict")
        if not mode:
            raise self.invalid()
        node = self.sum()
        if self._index < len(self._tokens):
            raise self.invalid()
        return mode == "lax", node

    def sum(self) -> Node:
        left = self.product()
        while symbol := self.take("+", "-"):
            left = _arithmetic(symbol, left, self.product())
        return left

    def product(self) -> Node:
        left = self.signed()
        while symbol := self.take("*", "/", "%"):
            left = _arithmetic(symbol, left, self.signed())
        return left

    def signed(self) -> Node:
        sign = self.take("+", "-")
        if not sign:
            return self.accessors()
        operand = self.signed()
        return lambda context: [
            _signed(sign, item) for item in _unwrapped(context, operand(context))
        ]

    def accessors(self) -> Node:
        node = self.primary()
        while self.peek(".", "..", "[", "?"):
            node = self.accessor(node)
        return node

    def primary(self) -> Node:
        kind = self.kind()
        if kind == "number":
            value = _written(self.next())
            return lambda _: [value]
        if kind == "string":
            text = self.string()
            return lambda _: [text]
        if kind == "variable":
            name = self.next()[1:]
            return lambda context: [_passed(context, name)]
        if self.take("$"):
            return lambda context: [context.root]
        if self.take("@"):
            return lambda context: [context.current]
        if self.take("("):
            node = self.sum()
            self.need(")")
            return node
        word = self.take("true", "false", "null", "last")
        if word == "last":
            return lambda context: [Decimal(context.last)]
        if word:
            constant = {"true": True, "false": False, "null": None}[word]
            return lambda _: [constant]
        raise self.invalid()

    def string(self) -> str:
        raw = self.next()[1:-1].replace('""', '\\"')
        return str(json.loads(f'"{raw}"'))

    def accessor(self, node: Node) -> Node:
        if self.take("["):
            return self.subscripts(node)
        if self.take("?"):
            self.need("(")
            predicate = self.disjunction()
            self.need(")")
            return _filtered(node, predicate)
        deep = self.next() == ".."
        if self.take("*"):
            return _members(node)
        if self.kind() == "string":
            name = self.string()
        elif self.kind() == "name":
            name = self.next()
        else:
            raise self.invalid()
        if deep:
            return _descendants(node, name)
        if self.peek("(") and name in _METHODS:
            self.need("(")
            self.need(")")
            return _METHODS[name](node)
        if self.peek("("):
            raise FunctionError(f"JSON path method {name}() is not supported", "NOT_SUPPORTED")
        return _member(node, name)

    def subscripts(self, node: Node) -> Node:
        if self.take("*"):
            self.need("]")
            return lambda context: [e for item in node(context) for e in _as_array(context, item)]
        ranges: list[tuple[Node, Node | None]] = []
        while True:
            low = self.sum()
            ranges.append((low, self.sum() if self.take("to") else None))
            if not self.take(","):
                break
        self.need("]")
        return _elements(node, ranges)

    # --- predicates ---

    def disjunction(self) -> Predicate:
        left = self.conjunction()
        while self.take("||"):
            left = _either(left, self.conjunction())
        return left

    def conjunction(self) -> Predicate:
        left = self.negation()
        while self.take("&&"):
            left = _both(left, self.negation())
        return left

    def negation(self) -> Predicate:
        if self.take("!"):
            inner = self.negation()
            return lambda context: None if (found := inner(context)) is None else not found
        if self.take("exists"):
            self.need("(")
            node = self.sum()
            self.need(")")
            return _exists(node)
        return self.grouped() or self.comparison()

    def grouped(self) -> Predicate | None:
        if not self.peek("("):
            return None
        start = self._index
        try:
            self.need("(")
            inner = self.disjunction()
            self.need(")")
        except FunctionError:
            self._index = start
            return None
        if self.take("is"):
            self.need("unknown")
            return lambda context: inner(context) is None
        if self.peek("==", "<>", "!=", "<", "<=", ">", ">=", ".", "["):
            self._index = start
            return None
        return inner

    def comparison(self) -> Predicate:
        left = self.sum()
        if self.take("starts"):
            self.need("with")
            return _starts(left, self.primary())
        symbol = self.take("==", "<>", "!=", "<=", ">=", "<", ">")
        if not symbol:
            raise self.invalid()
        return _compared(symbol, left, self.sum())


def _passed(context: Context, name: str) -> Json:
    if name not in context.passed:
        raise FunctionError(f"no value passed for parameter {name}", "INVALID_PATH")
    return context.passed[name]


def _unwrapped(context: Context, items: Items) -> Items:
    """Lax mode takes arrays apart before an operation on their elements."""
    if not context.lax:
        return items
    return [e for item in items for e in (item if isinstance(item, list) else [item])]


def _as_array(context: Context, item: Json) -> Items:
    if isinstance(item, list):
        return item
    if context.lax:
        return [item]
    raise PathError("not an array")


def _is_number(item: Json) -> bool:
    return isinstance(item, (Decimal, float)) and not isinstance(item, bool)


def _signed(sign: str, item: Json) -> Json:
    if not _is_number(item):
        raise PathError("not a number")
    return -item if sign == "-" else item


def _arithmetic(symbol: str, left: Node, right: Node) -> Node:
    def evaluate(context: Context) -> Items:
        sides = []
        for node in (left, right):
            items = _unwrapped(context, node(context))
            if len(items) != 1 or not _is_number(items[0]):
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


def _member(node: Node, name: str) -> Node:
    def evaluate(context: Context) -> Items:
        found = []
        for item in _unwrapped(context, node(context)):
            if isinstance(item, dict) and name in item:
                found.append(item[name])
            elif not context.lax:
                raise PathError(f"no member {name}")
        return found

    return evaluate


def _members(node: Node) -> Node:
    def evaluate(context: Context) -> Items:
        found: Items = []
        for item in _unwrapped(context, node(context)):
            if isinstance(item, dict):
                found += item.values()
            elif not context.lax:
                raise PathError("not an object")
        return found

    return evaluate


def _descendants(node: Node, name: str) -> Node:
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


def _elements(node: Node, ranges: list[tuple[Node, Node | None]]) -> Node:
    def evaluate(context: Context) -> Items:
        found: Items = []
        for item in node(context):
            array = _as_array(context, item)
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
    if len(items) != 1 or not _is_number(items[0]):
        raise PathError("array index is not a number")
    return int(items[0])


def _filtered(node: Node, predicate: Predicate) -> Node:
    def evaluate(context: Context) -> Items:
        found = []
        for item in _unwrapped(context, node(context)):
            inner = Context(context.root, context.passed, context.lax, item, context.last)
            if predicate(inner):
                found.append(item)
        return found

    return evaluate


def _either(left: Predicate, right: Predicate) -> Predicate:
    def evaluate(context: Context) -> bool | None:
        a, b = left(context), right(context)
        return True if a or b else None if a is None or b is None else False

    return evaluate


def _both(left: Predicate, right: Predicate) -> Predicate:
    def evaluate(context: Context) -> bool | None:
        a, b = left(context), right(context)
        return False if a is False or b is False else None if a is None or b is None else True

    return evaluate


def _exists(node: Node) -> Predicate:
    def evaluate(context: Context) -> bool | None:
        try:
            return bool(node(context))
        except PathError:
            return None

    return evaluate


def _sides(context: Context, left: Node, right: Node) -> tuple[Items, Items] | None:
    try:
        return _unwrapped(context, left(context)), _unwrapped(context, right(context))
    except PathError:
        return None


def _compared(symbol: str, left: Node, right: Node) -> Predicate:
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
    same = (_is_number(a) and _is_number(b)) or type(a) is type(b)
    if not same:
        return None
    return bool(_COMPARISONS[symbol](a, b))


_COMPARISONS: dict[str, Callable[[Json, Json], Json]] = {
    "==": operator.eq, "<>": operator.ne, "!=": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def _starts(left: Node, right: Node) -> Predicate:
    def evaluate(context: Context) -> bool | None:
        sides = _sides(context, left, right)
        if sides is None or len(sides[1]) != 1 or not isinstance(sides[1][0], str):
            return None
        answers = [
            item.startswith(sides[1][0]) if isinstance(item, str) else None for item in sides[0]
        ]
        return _decided(context, answers)

    return evaluate


# --- methods ---


def _mapped(convert: Callable[[Json], Json]) -> Callable[[Node], Node]:
    return lambda node: lambda context: [convert(e) for e in _unwrapped(context, node(context))]


def _number_method(name: str) -> Callable[[Json], Json]:
    def convert(item: Json) -> Json:
        if not _is_number(item):
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
    if _is_number(item):
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
        for number, item in enumerate(_unwrapped(context, node(context))):
            if not isinstance(item, dict):
                raise PathError("not an object")
            found += [{"name": k, "value": v, "id": Decimal(number)} for k, v in item.items()]
        return found

    return evaluate


_METHODS: dict[str, Callable[[Node], Node]] = {
    "double": _mapped(_double),
    "abs": _mapped(_number_method("abs")),
    "ceiling": _mapped(_number_method("ceiling")),
    "floor": _mapped(_number_method("floor")),
    "type": lambda node: lambda context: [_type_name(item) for item in node(context)],
    "size": _size,
    "keyvalue": _keyvalue,
}


@lru_cache(maxsize=256)
def compiled(path: str) -> tuple[bool, Node]:
    """Whether a path is lax, and how to evaluate it. Raises FunctionError."""
    return _Parser(path).path()


def evaluate(text: str, path: str, passed: str) -> Items:
    """The items a path finds in a JSON text. Raises PathError."""
    lax, node = compiled(path)
    values = {name: parse_item(value) for name, value in json.loads(passed).items()}
    return node(Context(parse_item(text), values, lax))


def item_text(item: Json) -> str:
    """An item as JSON text."""
    if isinstance(item, Decimal):
        return format(item, "f")
    if isinstance(item, list):
        return f"[{','.join(map(item_text, item))}]"
    if isinstance(item, dict):
        return (
            "{" + ",".join(f"{json_text.quoted(k)}:{item_text(v)}" for k, v in item.items()) + "}"
        )
    return json_text.dumps(item)
