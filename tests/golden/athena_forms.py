"""Values of Athena's types as Python has them, and an independent formatter of Athena's text.

Nothing of the product is used here. The rules:
- doubles and reals as Java's Double.toString and Float.toString print them (Java SE, class Double)
- decimals with all digits of their scale; timestamps with those of their precision, at least three
- intervals as days, hours, minutes, seconds and milliseconds, or as years-months
- arrays [a, b], maps {k=v}, rows {name=v}, NULL inside of them null; varbinary in hexadecimal
  (Athena's user guide, "Data types"; Trino's documentation, "Types" and "Conversion functions")
- CSV: NULL is nothing, the empty text is "" (docs/sql.md)
"""

import struct
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from math import copysign, inf, isinf, isnan, nan
from typing import Any

Kind = str | tuple[Any, ...]


@dataclass(frozen=True)
class Form:
    """A column: its SQL, its type, and the value that the SQL stands for."""

    name: str
    sql: str
    kind: Kind
    value: Any


def java(value: float, *, single: bool = False) -> str:
    """Double.toString, or Float.toString."""
    if isnan(value):
        return "NaN"
    if isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    sign = "-" if copysign(1, value) < 0 else ""
    if not value:
        return f"{sign}0.0"
    _, digits, exponent = Decimal(_shortest(abs(value), single=single)).normalize().as_tuple()
    text = "".join(map(str, digits))
    point = len(text) + int(exponent)  # where the decimal point stands, from the first digit
    if 10**-3 <= abs(value) < 10**7:
        text = text.rjust(len(text) - min(point - 1, 0), "0").ljust(max(point, 1), "0")
        at = max(point, 1)
        return f"{sign}{text[:at]}.{text[at:] or '0'}"
    return f"{sign}{text[0]}.{text[1:] or '0'}E{point - 1}"


def _shortest(value: float, *, single: bool) -> str:
    if not single:
        return repr(value)
    pack = struct.Struct("f")
    forms = (f"{value:.{digits}e}" for digits in range(17))
    return next(form for form in forms if pack.pack(float(form)) == pack.pack(value))


def text(value: Any, kind: Kind) -> str | None:  # noqa: PLR0911 - of any type
    """What Athena prints; None for NULL."""
    if value is None:
        return None
    if isinstance(kind, tuple):
        return _nested(value, kind)
    if kind == "boolean":
        return "true" if value else "false"
    if kind in ("double", "real"):
        return java(value, single=kind == "real")
    if kind == "varbinary":
        return " ".join(f"{byte:02x}" for byte in value)
    if isinstance(value, (datetime, time)):
        digits = max(3, int(kind.partition("(")[2].rstrip(")")))
        whole = str(value.replace(microsecond=0))
        return f"{whole}.{value.microsecond:06}"[: len(whole) + 1 + digits]
    return str(value)


def _nested(value: Any, kind: tuple[Any, ...]) -> str:
    def inner(item: Any, made: Kind) -> str:
        return text(item, made) or ("null" if item is None else "")

    if kind[0] == "array":
        return f"[{', '.join(inner(item, kind[1]) for item in value)}]"
    if kind[0] == "map":
        pairs = (f"{inner(k, kind[1])}={inner(v, kind[2])}" for k, v in value.items())
    else:
        pairs = (f"{name}={inner(value[name], made)}" for name, made in kind[1])
    return f"{{{', '.join(pairs)}}}"


def csv(forms: Sequence[Form]) -> bytes:
    """A file of one row with its header."""
    lines = [[form.name for form in forms], [text(form.value, form.kind) for form in forms]]
    return "".join(",".join(map(_cell, line)) + "\n" for line in lines).encode()


def as_json(value: Any, kind: Kind) -> Any:  # noqa: PLR0911 - one for each kind
    """What JSON says of a value, parsed with its numbers as Decimal."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(kind, tuple):
        if kind[0] == "array":
            return [as_json(item, kind[1]) for item in value]
        if kind[0] == "map":
            return {text(k, kind[1]): as_json(v, kind[2]) for k, v in value.items()}
        return {name: as_json(value[name], made) for name, made in kind[1]}
    if isinstance(value, float):
        if isnan(value) or isinf(value):
            return java(value)
        return Decimal(_shortest(value, single=kind == "real"))
    if isinstance(value, (int, Decimal)):
        return Decimal(value)
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, (datetime, time)):
        return str(value).rstrip("0") if value.microsecond else str(value)
    return str(value)


def _cell(value: str | None) -> str:
    if value is None:
        return ""
    if not value or any(character in value for character in ',"\r\n'):
        return '"' + value.replace('"', '""') + '"'
    return value


def forms() -> list[Form]:
    """Every hard type, with the values at which its text changes its look."""
    return [
        Form("i", "1", "integer", 1),
        Form("7/2", "7 / 2", "integer", 3),
        Form("yes", "true", "boolean", True),
        Form("tiny", "TINYINT '-128'", "tinyint", -128),
        Form("big", "BIGINT '9223372036854775807'", "bigint", 2**63 - 1),
        *_numbers(),
        *_texts(),
        *_moments(),
        *_nesting(),
    ]


def _numbers() -> list[Form]:
    decimals = ["1.10", "-12345678901234567890.0123456789", "0.5", "-0.25", ".001", "0"]
    doubles = [
        nan, inf, -inf, -0.0, 1e-7, 1e21, 1e7, 9999999.0, 12345678.9, 0.001, 0.00099, -0.1, 100.0,
        1.7976931348623157e308, 123456.789,
    ]  # fmt: skip
    singles = [1.5, 0.1, 16777216.0, 3.4e38, -1e-5]
    named = {"nan": "nan()", "inf": "infinity()", "-inf": "-infinity()"}
    return [
        *(
            Form(f"dec {i}", f"DECIMAL '{digits}'", "decimal", Decimal(digits))
            for i, digits in enumerate(decimals)
        ),
        *(
            Form(f"double {i}", named.get(repr(x), f"DOUBLE '{x!r}'"), "double", x)
            for i, x in enumerate(doubles)
        ),
        *(Form(f"real {i}", f"REAL '{x!r}'", "real", x) for i, x in enumerate(singles)),
    ]


def _texts() -> list[Form]:
    return [
        Form("t", "'plain'", "varchar", "plain"),
        Form("empty", "''", "varchar", ""),
        Form("missing", "CAST(NULL AS varchar)", "varchar", None),
        Form('quoted, "so"', "'a \"b\", c'", "varchar", 'a "b", c'),
        Form("lines", "U&'x\\000ay\\2603'", "varchar", "x\ny☃"),
        Form("fixed", "CAST('ab' AS char(4))", "char", "ab  "),
        Form("bytes", "X'00FF7A'", "varbinary", b"\x00\xffz"),
        Form("id", "UUID '6ba7b810-9dad-11d1-80b4-00c04fd430c8'", "uuid",
             "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
        # json_parse sorts keys, and writes numbers with a point as doubles.
        Form("j", """JSON '{"b": [1.10, null], "a": "x"}'""", "json", '{"a":"x","b":[1.1,null]}'),
    ]  # fmt: skip


def _moments() -> list[Form]:
    at = datetime(2011, 12, 9, 12, 50)  # noqa: DTZ001 - timestamps without a zone
    return [
        Form("d", "DATE '2011-12-09'", "date", date(2011, 12, 9)),
        Form("early", "DATE '0099-01-02'", "date", date(99, 1, 2)),
        Form("clock", "TIME '12:50:00'", "time(0)", time(12, 50)),
        Form("at", "TIMESTAMP '2011-12-09 12:50:00'", "timestamp(0)", at),
        Form("at6", "TIMESTAMP '2011-12-09 12:50:00.123456'", "timestamp(6)",
             at.replace(microsecond=123456)),
        Form("old", "TIMESTAMP '1969-12-31 23:59:59.9999'", "timestamp(4)",
             datetime(1969, 12, 31, 23, 59, 59, 999900)),  # noqa: DTZ001
        Form("utc", "TIMESTAMP '2011-12-09 12:50:00.5 UTC'", "zoned",
             "2011-12-09 12:50:00.500 UTC"),
        Form("tokyo", "TIMESTAMP '2011-12-09 12:50:00 Asia/Tokyo'", "zoned",
             "2011-12-09 12:50:00.000 Asia/Tokyo"),
        Form("half", "TIMESTAMP '2011-12-09 12:50:00 +05:30'", "zoned",
             "2011-12-09 12:50:00.000 +05:30"),
        Form("days", "INTERVAL '-1 02:03:04.005' DAY TO SECOND", "interval", "-1 02:03:04.005"),
        Form("months", "INTERVAL '3-5' YEAR TO MONTH", "interval", "3-5"),
    ]  # fmt: skip


def _nesting() -> list[Form]:
    day = date(2011, 12, 9)
    return [
        Form("xs", "ARRAY[1, NULL]", ("array", "integer"), [1, None]),
        Form("ts", "ARRAY['', NULL, 'a, b', '\"']", ("array", "varchar"), ["", None, "a, b", '"']),
        Form("nested", "ARRAY[ARRAY[1.10], ARRAY[], NULL]", ("array", ("array", "decimal")),
             [[Decimal("1.10")], [], None]),
        Form("fractions", "ARRAY[0.5, -0.25]", ("array", "decimal"),
             [Decimal("0.50"), Decimal("-0.25")]),
        Form("m", "MAP(ARRAY['k', ''], ARRAY[1.5e0, NULL])", ("map", "varchar", "double"),
             {"k": 1.5, "": None}),
        Form("r", "CAST(ROW(1, NULL, '') AS ROW(a integer, \"b c\" varchar, e varchar))",
             ("row", (("a", "integer"), ("b c", "varchar"), ("e", "varchar"))),
             {"a": 1, "b c": None, "e": ""}),
        Form("anonymous", "ROW(1, 'x')", ("row", (("field0", "integer"), ("field1", "varchar"))),
             {"field0": 1, "field1": "x"}),
        Form("deep",
             "ARRAY[CAST(ROW(MAP(ARRAY[1], ARRAY[DATE '2011-12-09']))"
             " AS ROW(m map(integer, date)))]",
             ("array", ("row", (("m", ("map", "integer", "date")),))), [{"m": {1: day}}]),
        Form("moments", "ARRAY[TIMESTAMP '2011-12-09 12:50:00']", ("array", "timestamp(0)"),
             [datetime(2011, 12, 9, 12, 50)]),  # noqa: DTZ001
        Form("doubles", "ARRAY[nan(), -0e0]", ("array", "double"), [nan, -0.0]),
        Form("blobs", "ARRAY[X'00FF']", ("array", "varbinary"), [b"\x00\xff"]),
    ]  # fmt: skip
