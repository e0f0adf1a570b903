"""The types of Athena's DDL, which are Hive's: string, int, struct<a:int>, array<string>."""

from collections.abc import Callable

from lakehouse.athena.errors import AthenaError
from lakehouse.athena.syntax.stream import TokenStream
from lakehouse.athena.syntax.tokens import Kind
from lakehouse.athena.types import (
    BOOLEAN,
    DATE,
    DOUBLE,
    REAL,
    TINYINT,
    VARBINARY,
    VARCHAR,
    Type,
    array,
    char,
    decimal,
    map_of,
    row,
    timestamp,
    varchar,
    zoned,
)

_PLAIN = {
    "boolean": BOOLEAN, "tinyint": TINYINT, "smallint": Type("smallint"), "int": Type("integer"),
    "integer": Type("integer"), "bigint": Type("bigint"), "float": REAL, "double": DOUBLE,
    "string": VARCHAR, "binary": VARBINARY, "date": DATE, "timestamp": timestamp(6),
    "uuid": Type("uuid"),
}  # fmt: skip


def hive_type(stream: TokenStream, name: Callable[[], str]) -> Type:
    """Read one type; `name` reads the name of a struct's field."""
    token = stream.next()
    word = token.keyword.lower()
    if word == "array":
        return array(_between(stream, lambda: hive_type(stream, name)))
    if word == "map":
        stream.expect("<")
        key = hive_type(stream, name)
        stream.expect(",")
        value = hive_type(stream, name)
        stream.expect(">")
        return map_of(key, value)
    if word == "struct":
        return _struct(stream, name)
    if word == "timestamp" and stream.accept("WITH", "TIME", "ZONE"):
        return zoned(6, "UTC")
    if word == "decimal":
        numbers = stream.parenthesized(stream.integer) if stream.at("(") else (10, 0)
        return decimal(*numbers) if len(numbers) < 3 else decimal(0)
    if word in ("varchar", "char"):
        numbers = stream.parenthesized(stream.integer) if stream.at("(") else ()
        if len(numbers) != 1:
            stream.fail("'('")
        return varchar(numbers[0]) if word == "varchar" else char(numbers[0])
    if word == "double":
        stream.accept("PRECISION")
    if word not in _PLAIN:
        raise AthenaError("TYPE_NOT_FOUND", f"Unknown type: {token.text}", token.position)
    return _PLAIN[word]


def type_of_glue(text: str) -> Type:
    """The type that Glue writes so. Raises SYNTAX_ERROR, TYPE_NOT_FOUND."""
    stream = TokenStream(text)
    made = hive_type(stream, lambda: _field(stream))
    if stream.token.kind is not Kind.END:
        stream.fail("<EOF>")
    return made


def _field(stream: TokenStream) -> str:
    return stream.next().value.lower()


def _between(stream: TokenStream, read: Callable[[], Type]) -> Type:
    stream.expect("<")
    made = read()
    stream.expect(">")
    return made


def _struct(stream: TokenStream, name: Callable[[], str]) -> Type:
    stream.expect("<")
    names, types = [], []
    while True:
        names.append(name())
        stream.expect(":")
        types.append(hive_type(stream, name))
        if stream.accept("COMMENT"):
            stream.string()
        if not stream.accept(","):
            break
    stream.expect(">")
    return row(tuple(types), tuple(names))


def hive_name(made: Type) -> str:
    """A type as DESCRIBE shows it: `array<string>`, `struct<a:int>`."""
    if made.base == "row":
        fields = zip(made.names, made.children, strict=True)
        return f"struct<{','.join(f'{name}:{hive_name(child)}' for name, child in fields)}>"
    if made.children:
        return f"{made.base}<{','.join(map(hive_name, made.children))}>"
    if made.base == "timestamp":
        return "timestamp"
    if made.base == "timestamp with time zone":
        return made.base
    if made.base == "varchar" and made.numbers:
        return str(made)
    return _NAMES.get(made.base, str(made))


_NAMES = {"integer": "int", "real": "float", "varchar": "string", "varbinary": "binary"}
