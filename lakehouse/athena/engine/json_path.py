"""SQL/JSON paths: JSON_EXISTS, JSON_VALUE and JSON_QUERY over an evaluated sequence of items.

Grammar and meaning follow Trino's "JSON path language".
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from lakehouse.athena.engine import json_predicates as predicates
from lakehouse.athena.engine import json_text
from lakehouse.athena.engine.function_error import FunctionError
from lakehouse.athena.engine.json_items import (
    METHODS,
    Context,
    Items,
    Node,
    Predicate,
    arithmetic,
    as_array,
    descendants,
    elements,
    filtered,
    member,
    members,
    parse_item,
    passed,
    signed,
    unwrapped,
    written,
)
from lakehouse.athena.engine.json_text import Json

_TOKENS = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<string>"(?:[^"\\]|\\.|"")*")"""
    r"""|(?P<variable>\$[A-Za-z_]\w*)|(?P<name>[A-Za-z_]\w*)"""
    r"""|(?P<symbol>\.\.|==|<>|!=|<=|>=|&&|\|\||[$@.\[\](),?!<>+\-*/%]))"""
)


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
            left = arithmetic(symbol, left, self.product())
        return left

    def product(self) -> Node:
        left = self.signed()
        while symbol := self.take("*", "/", "%"):
            left = arithmetic(symbol, left, self.signed())
        return left

    def signed(self) -> Node:
        sign = self.take("+", "-")
        if not sign:
            return self.accessors()
        operand = self.signed()
        return lambda context: [signed(sign, item) for item in unwrapped(context, operand(context))]

    def accessors(self) -> Node:
        node = self.primary()
        while self.peek(".", "..", "[", "?"):
            node = self.accessor(node)
        return node

    def primary(self) -> Node:
        kind = self.kind()
        if kind == "number":
            value = written(self.next())
            return lambda _: [value]
        if kind == "string":
            text = self.string()
            return lambda _: [text]
        if kind == "variable":
            name = self.next()[1:]
            return lambda context: passed(context, name)
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
            return filtered(node, predicate)
        deep = self.next() == ".."
        if self.take("*"):
            return members(node)
        if self.kind() == "string":
            name = self.string()
        elif self.kind() == "name":
            name = self.next()
        else:
            raise self.invalid()
        if deep:
            return descendants(node, name)
        if self.peek("(") and name in METHODS:
            self.need("(")
            self.need(")")
            return METHODS[name](node)
        if self.peek("("):
            raise FunctionError(f"JSON path method {name}() is not supported", "NOT_SUPPORTED")
        return member(node, name)

    def subscripts(self, node: Node) -> Node:
        if self.take("*"):
            self.need("]")
            return lambda context: [e for item in node(context) for e in as_array(context, item)]
        ranges: list[tuple[Node, Node | None]] = []
        while True:
            low = self.sum()
            ranges.append((low, self.sum() if self.take("to") else None))
            if not self.take(","):
                break
        self.need("]")
        return elements(node, ranges)

    # --- predicates ---

    def disjunction(self) -> Predicate:
        left = self.conjunction()
        while self.take("||"):
            left = predicates.either(left, self.conjunction())
        return left

    def conjunction(self) -> Predicate:
        left = self.negation()
        while self.take("&&"):
            left = predicates.both(left, self.negation())
        return left

    def negation(self) -> Predicate:
        if self.take("!"):
            inner = self.negation()
            return lambda context: None if (found := inner(context)) is None else not found
        if self.take("exists"):
            self.need("(")
            node = self.sum()
            self.need(")")
            return predicates.exists(node)
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
            return predicates.starts(left, self.primary())
        symbol = self.take("==", "<>", "!=", "<=", ">=", "<", ">")
        if not symbol:
            raise self.invalid()
        return predicates.compared(symbol, left, self.sum())


@lru_cache(maxsize=256)
def compiled(path: str) -> tuple[bool, Node]:
    """Whether a path is lax, and how to evaluate it. Raises FunctionError."""
    return _Parser(path).path()


def evaluate(text: str, path: str, given: str) -> Items:
    """The items a path finds in a JSON text. Raises PathError."""
    lax, node = compiled(path)
    # What is null there is no JSON text at all: no item.
    values = {
        name: [] if value is None else [parse_item(value)]
        for name, value in json.loads(given).items()
    }
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
