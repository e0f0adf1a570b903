"""The types and partition terms that a configuration names: parsed and checked as text.

No catalog library is imported here: the configuration is read by commands that need none.
"""

import re
from dataclasses import dataclass

SIMPLE_TYPES = (
    "boolean",
    "int",
    "long",
    "float",
    "double",
    "date",
    "timestamp",
    "timestamptz",
    "string",
)
# What the same types are called in SQL.
_SYNONYMS = {
    "bool": "boolean",
    "integer": "int",
    "bigint": "long",
    "real": "float",
    "varchar": "string",
    "text": "string",
}
TYPES_HINT = (
    f"types are {', '.join(SIMPLE_TYPES)}, decimal(P, S), list<T>, map<string, T> and "
    "struct<name: T, ...>"
)
TRANSFORMS = ("year", "month", "day", "hour", "bucket", "truncate")
TERMS_HINT = (
    "terms are a column, year(C), month(C), day(C), hour(C), bucket(N, C) and truncate(N, C)"
)
_DEEPEST = 16  # nested types; what is deeper is a slip
_WIDEST_DECIMAL = 38

_TOKEN = re.compile(r"\s*([A-Za-z_]\w*|[0-9]+|[<>(),:])")
_TERM = re.compile(
    r"(?P<column>\w+)"
    r"|(?P<time>year|month|day|hour)\(\s*(?P<of>\w+)\s*\)"
    r"|(?P<sized>bucket|truncate)"
    r"(?:\(\s*(?P<n>\d+)\s*,\s*(?P<c>\w+)\s*\)|\[(?P<m>\d+)\]\(\s*(?P<d>\w+)\s*\))"
)


@dataclass(frozen=True)
class TypeName:
    """A type: its name, and what it is made of: sizes, or the types within it.

    The names of a struct's fields stand in `fields`, in the order of `inner`.
    """

    name: str
    sizes: tuple[int, ...] = ()
    inner: tuple["TypeName", ...] = ()
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.fields:
            held = [f"{f}: {t}" for f, t in zip(self.fields, self.inner, strict=True)]
        else:
            held = [str(part) for part in self.inner]
        inner = f"<{', '.join(held)}>" if held else ""
        sizes = f"({', '.join(map(str, self.sizes))})" if self.sizes else ""
        return f"{self.name}{sizes}{inner}"


@dataclass(frozen=True)
class TermName:
    """A partition term: a column, what is done to its values (identity: nothing), and a size."""

    column: str
    transform: str = "identity"
    size: int = 0


def parse_type(text: str) -> TypeName:
    """The type that `text` names. Raises ValueError when it names none."""
    tokens = _Tokens(text)
    found = _type(tokens, _DEEPEST)
    tokens.end()
    return found


def parse_term(text: str) -> TermName:
    """The partition term that `text` is. Raises ValueError when it is none."""
    match = _TERM.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no partition term; {TERMS_HINT}")
    if column := match["column"]:
        return TermName(column)
    if transform := match["time"]:
        return TermName(match["of"], transform)
    size = int(match["n"] or match["m"])
    if not 0 < size < 2**31:
        raise ValueError(f"{text!r}: the size of a {match['sized']} is 1 to {2**31 - 1:,}")
    return TermName(match["c"] or match["d"], match["sized"], size)


class _Tokens:
    """The words and signs of a type's text, one after the other."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def next(self) -> str:
        """The next token, "" at the end. Raises ValueError for a sign no type has."""
        match = _TOKEN.match(self._text, self._at)
        if match is None:
            self.end()
            return ""
        self._at = match.end()
        return match[1]

    def peek(self) -> str:
        at = self._at
        token = self.next()
        self._at = at
        return token

    def expect(self, sign: str) -> None:
        if self.next() != sign:
            raise self.wrong()

    def end(self) -> None:
        if self._text[self._at :].strip():
            raise self.wrong()

    def wrong(self) -> ValueError:
        return ValueError(f"{self._text!r} is no type; {TYPES_HINT}")


def _type(tokens: _Tokens, depth: int) -> TypeName:
    word = tokens.next().lower()
    name = _SYNONYMS.get(word, word)
    if name in SIMPLE_TYPES:
        return TypeName(name)
    if name == "decimal":
        return _decimal(tokens)
    if name not in {"list", "map", "struct"} or not depth:
        raise tokens.wrong()
    tokens.expect("<")
    if name == "list":
        found = TypeName(name, inner=(_type(tokens, depth - 1),))
    elif name == "map":
        key = _type(tokens, depth - 1)
        tokens.expect(",")
        found = TypeName(name, inner=(key, _type(tokens, depth - 1)))
        if key.name != "string":
            raise tokens.wrong()  # the keys of a JSON object are strings
    else:
        found = _struct(tokens, depth)
    tokens.expect(">")
    return found


def _decimal(tokens: _Tokens) -> TypeName:
    tokens.expect("(")
    precision = tokens.next()
    tokens.expect(",")
    scale = tokens.next()
    tokens.expect(")")
    if not (precision.isdigit() and scale.isdigit()):
        raise tokens.wrong()
    if not 0 < int(precision) <= _WIDEST_DECIMAL or int(scale) > int(precision):
        raise ValueError(
            f"decimal({precision}, {scale}): 1 to {_WIDEST_DECIMAL} digits, "
            "of them no more than all after the point"
        )
    return TypeName("decimal", sizes=(int(precision), int(scale)))


def _struct(tokens: _Tokens, depth: int) -> TypeName:
    names: list[str] = []
    types: list[TypeName] = []
    while True:
        name = tokens.next()
        if not name.isidentifier() or name.lower() in {n.lower() for n in names}:
            raise tokens.wrong()
        tokens.expect(":")
        names.append(name)
        types.append(_type(tokens, depth - 1))
        if tokens.peek() != ",":
            return TypeName("struct", inner=tuple(types), fields=tuple(names))
        tokens.expect(",")
