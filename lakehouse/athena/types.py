"""Trino's types: how they are written, how they widen, and how the engine stores them.

Two of them have no counterpart in DuckDB and are stored as something else: intervals as a count
of months (INTEGER) or of milliseconds (BIGINT), exactly Trino's own representation, and TIMESTAMP
WITH TIME ZONE, see `Type.zone`. JSON is stored as its text.
"""

from dataclasses import dataclass, field, replace

from lakehouse.athena.errors import AthenaError, Position, not_supported
from lakehouse.athena.syntax.nodes import TypeName


@dataclass(frozen=True)
class Type:
    """One of Trino's types.

    `numbers` holds length, precision or precision and scale; `children` the element of an array,
    the key and value of a map, the fields of a row, the arguments and result of a function.
    `zone` is for TIMESTAMP WITH TIME ZONE alone: the zone every value of the expression has, and
    the value is then a TIMESTAMPTZ; '' means that zones differ by row, and the value is then a
    STRUCT(at TIMESTAMPTZ, zone VARCHAR).
    """

    base: str
    numbers: tuple[int, ...] = ()
    children: tuple["Type", ...] = ()
    names: tuple[str | None, ...] = field(default=(), compare=False)
    zone: str = ""

    def __str__(self) -> str:
        if self.base == "row":
            inner = ", ".join(
                f"{quote_name(name)} {child}" if name else str(child)
                for name, child in zip(self.names, self.children, strict=True)
            )
            return f"row({inner})"
        if self.children:
            return f"{self.base}({', '.join(map(str, self.children))})"
        if self.base.endswith(" with time zone"):
            plain = self.base.removesuffix(" with time zone")
            return f"{plain}({self.numbers[0]}) with time zone"
        if self.numbers:
            return f"{self.base}({','.join(map(str, self.numbers))})"
        return self.base

    @property
    def element(self) -> "Type":
        """The element type of an array."""
        return self.children[0]

    @property
    def precision(self) -> int:
        """Digits of a decimal, or of a fraction of seconds."""
        return self.numbers[0]

    @property
    def scale(self) -> int:
        """Fraction digits of a decimal."""
        return self.numbers[1]


def quote_name(name: str) -> str:
    """A field's name as Trino writes it inside a row type."""
    return name if name.isidentifier() and name.isascii() else '"' + name.replace('"', '""') + '"'


UNKNOWN = Type("unknown")
BOOLEAN = Type("boolean")
TINYINT = Type("tinyint")
SMALLINT = Type("smallint")
INTEGER = Type("integer")
BIGINT = Type("bigint")
REAL = Type("real")
DOUBLE = Type("double")
VARCHAR = Type("varchar")
VARBINARY = Type("varbinary")
DATE = Type("date")
JSON = Type("json")
UUID = Type("uuid")
DAY_TO_SECOND = Type("interval day to second")
YEAR_TO_MONTH = Type("interval year to month")
ZONED = "timestamp with time zone"

# Each integer type's digits as a decimal, in order of width (Trino's TypeCoercion).
INTEGER_DIGITS = {"tinyint": 3, "smallint": 5, "integer": 10, "bigint": 19}
_WIDTH = ("tinyint", "smallint", "integer", "bigint", "decimal", "real", "double")
MAX_PRECISION = 38
MAX_FRACTION = 6  # digits of a second that the engine's TIMESTAMP holds


def decimal(precision: int, scale: int = 0) -> Type:
    """DECIMAL(precision, scale)."""
    return Type("decimal", (precision, scale))


def varchar(length: int | None) -> Type:
    """VARCHAR(length), or VARCHAR without a bound."""
    return VARCHAR if length is None else Type("varchar", (length,))


def char(length: int) -> Type:
    """CHAR(length)."""
    return Type("char", (length,))


def time(precision: int) -> Type:
    """TIME(precision)."""
    return Type("time", (precision,))


def timestamp(precision: int) -> Type:
    """TIMESTAMP(precision)."""
    return Type("timestamp", (precision,))


def zoned(precision: int, zone: str) -> Type:
    """TIMESTAMP(precision) WITH TIME ZONE; see `Type.zone`."""
    return Type(ZONED, (precision,), zone=zone)


def array(element: Type) -> Type:
    """ARRAY(element)."""
    return Type("array", children=(element,))


def map_of(key: Type, value: Type) -> Type:
    """MAP(key, value)."""
    return Type("map", children=(key, value))


def row(children: tuple[Type, ...], names: tuple[str | None, ...] | None = None) -> Type:
    """ROW(...); without names its fields are anonymous."""
    return Type("row", children=children, names=names or (None,) * len(children))


def field_names(made: Type) -> list[str]:
    """The engine's names of a row's fields: anonymous ones are field0, field1, as Athena prints."""
    return [name or f"field{i}" for i, name in enumerate(made.names)]


def is_numeric(made: Type) -> bool:
    """Whether it is an integer, decimal or floating type."""
    return made.base in _WIDTH


def is_integer(made: Type) -> bool:
    """Whether it is one of the four integer types."""
    return made.base in INTEGER_DIGITS


def is_floating(made: Type) -> bool:
    """Whether it is real or double."""
    return made.base in ("real", "double")


def is_text(made: Type) -> bool:
    """Whether it is varchar or char."""
    return made.base in ("varchar", "char")


def as_decimal(made: Type) -> Type:
    """The decimal an exact number becomes beside a decimal."""
    return decimal(INTEGER_DIGITS[made.base]) if is_integer(made) else made


def contains_zone(made: Type) -> bool:
    """Whether values hold a time zone that differs by row: equality is then not the engine's."""
    if made.base == ZONED:
        return made.zone == ""
    return any(contains_zone(child) for child in made.children)


def identifier(name: str) -> str:
    """A name as the engine reads it, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A string literal of the engine."""
    if "\x00" in value:
        message = "A string with the code point 0 is not supported"
        raise AthenaError("NOT_SUPPORTED", message)
    return "'" + value.replace("'", "''") + "'"


_ENGINE = {
    "unknown": "INTEGER", "boolean": "BOOLEAN", "tinyint": "TINYINT", "smallint": "SMALLINT",
    "integer": "INTEGER", "bigint": "BIGINT", "real": "FLOAT", "double": "DOUBLE",
    "varchar": "VARCHAR", "char": "VARCHAR", "json": "VARCHAR", "varbinary": "BLOB",
    "date": "DATE", "time": "TIME", "timestamp": "TIMESTAMP", "uuid": "UUID",
    "interval day to second": "BIGINT", "interval year to month": "INTEGER",
}  # fmt: skip


def engine_type(made: Type) -> str:
    """The DuckDB type that stores values of this type."""
    if made.base == "decimal":
        return f"DECIMAL({made.precision},{made.scale})"
    if made.base == ZONED:
        return "TIMESTAMPTZ" if made.zone else 'STRUCT("at" TIMESTAMPTZ, "zone" VARCHAR)'
    if made.base == "array":
        return engine_type(made.element) + "[]"
    if made.base == "map":
        return f"MAP({engine_type(made.children[0])}, {engine_type(made.children[1])})"
    if made.base == "row":
        pairs = zip(field_names(made), made.children, strict=True)
        return f"STRUCT({', '.join(f'{identifier(n)} {engine_type(t)}' for n, t in pairs)})"
    if made.base not in _ENGINE:
        raise not_supported(f"Type {made}")
    return _ENGINE[made.base]


def common_type(left: Type, right: Type) -> Type | None:
    """The type both widen to without a cast, or None; Trino's TypeCoercion."""
    if left == right:
        same_names = left.names == right.names
        return (
            left if same_names or left.base != "row" else replace(left, names=_names(left, right))
        )
    if left.base == "unknown":
        return right
    if right.base == "unknown":
        return left
    if is_numeric(left) and is_numeric(right):
        return _common_number(left, right)
    if is_text(left) and is_text(right):
        return _common_text(left, right)
    if left.base in _TIMELINE and right.base in _TIMELINE:
        return _common_moment(left, right)
    if left.base == right.base == "time":
        return max(left, right, key=lambda t: t.precision)
    if left.base == right.base and left.children and len(left.children) == len(right.children):
        pairs = zip(left.children, right.children, strict=True)
        children = tuple(common_type(a, b) for a, b in pairs)
        found = tuple(child for child in children if child is not None)
        if len(found) == len(children):
            return Type(left.base, children=found, names=_names(left, right))
    return None


_TIMELINE = ("date", "timestamp", ZONED)


def _names(left: Type, right: Type) -> tuple[str | None, ...]:
    pairs = zip(left.names, right.names, strict=True)
    return tuple(a if a == b else None for a, b in pairs)


def _common_number(left: Type, right: Type) -> Type:
    wider = max(left, right, key=lambda t: _WIDTH.index(t.base))
    if wider.base != "decimal":
        return wider
    a, b = as_decimal(left), as_decimal(right)
    scale = max(a.scale, b.scale)
    whole = max(a.precision - a.scale, b.precision - b.scale)
    return decimal(min(MAX_PRECISION, whole + scale), scale)


def _common_text(left: Type, right: Type) -> Type:
    if not left.numbers or not right.numbers:
        return VARCHAR
    length = max(left.numbers[0], right.numbers[0])
    return char(length) if "char" in (left.base, right.base) else varchar(length)


def _common_moment(left: Type, right: Type) -> Type:
    wider = max(left, right, key=lambda t: _TIMELINE.index(t.base))
    precision = max((t.precision for t in (left, right) if t.numbers), default=0)
    if wider.base != ZONED:
        return timestamp(precision)
    zones = {t.zone if t.base == ZONED else "UTC" for t in (left, right)}
    return zoned(precision, zones.pop() if len(zones) == 1 else "")


def can_coerce(source: Type, target: Type) -> bool:
    """Whether a value of `source` may stand where `target` is wanted, without a cast."""
    if source.base == "char" and target.base == "varchar":
        return not target.numbers or source.numbers[0] <= target.numbers[0]
    common = common_type(source, target)
    if common is None:
        return False
    return common == target or (common.base == target.base == ZONED)


_SIMPLE = {
    "boolean", "tinyint", "smallint", "integer", "bigint", "real", "double", "date", "json", "uuid",
    "varbinary", "interval day to second", "interval year to month", "unknown",
}  # fmt: skip


def type_of(name: TypeName) -> Type:
    """The type a written name stands for.

    Raises TYPE_NOT_FOUND for a name Trino has no type for, NOT_SUPPORTED for one without a
    representation here, INVALID_FUNCTION_ARGUMENT for a precision out of range.
    """
    if name.name in _SIMPLE and not name.numbers:
        return Type(name.name)
    if name.name == "varchar" and len(name.numbers) < 2:
        return varchar(name.numbers[0] if name.numbers else None)
    if name.name == "char" and len(name.numbers) < 2:
        return char(name.numbers[0] if name.numbers else 1)
    if name.name == "decimal" and len(name.numbers) < 3:
        precision, scale = (*name.numbers, *((38, 0)[len(name.numbers) :]))
        if not (0 < precision <= MAX_PRECISION and 0 <= scale <= precision):
            message = f"DECIMAL precision must be in range [1, 38]: {precision}"
            raise AthenaError("INVALID_FUNCTION_ARGUMENT", message, name.position)
        return decimal(precision, scale)
    if name.name in ("time", "timestamp", ZONED):
        digits = name.numbers[0] if name.numbers else 3
        return Type(name.name, (_fraction(digits, name.position),))
    if name.name in ("array", "map"):
        return Type(name.name, children=tuple(map(type_of, name.arguments)))
    if name.name == "row":
        names = tuple(f.value if f else None for f in name.fields)
        return row(tuple(map(type_of, name.arguments)), names)
    if name.name in ("ipaddress", "time with time zone", "hyperloglog", "tdigest", "qdigest"):
        raise not_supported(f"Type {name.name}", name.position)
    raise AthenaError("TYPE_NOT_FOUND", f"Unknown type: {name.name}", name.position)


def _fraction(digits: int, position: Position) -> int:
    if digits > 12:
        message = f"TIMESTAMP precision must be in range [0, 12]: {digits}"
        raise AthenaError("INVALID_FUNCTION_ARGUMENT", message, position)
    if digits > MAX_FRACTION:
        raise not_supported(f"More than {MAX_FRACTION} digits of a second", position)
    return digits
