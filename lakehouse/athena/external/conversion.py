"""The text of a field as a value of its column's type: SQL, by the rules of each SerDe.

Rules: Trino's decoders of the text formats (LongEncoding and its kin, RegexDeserializer,
OpenXJsonDeserializer), and for OpenCSVSerDe Athena's documentation of its types.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.types import Type, engine_type, text

_WHOLE = r"[+-]?\d+"
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_DATE = r"\d{4}-\d{1,2}-\d{1,2}"
_MOMENT = rf"{_DATE}(?: \d{{1,2}}:\d{{2}}(?::\d{{2}}(?:\.\d{{1,9}})?)?)?"
_ISO = rf"{_DATE}(?:[ T]\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:\.\d{{1,9}})?)?)?"
_ZONED = rf"{_DATE}[ T]\d{{1,2}}:\d{{2}}(?::\d{{2}}(?:\.\d{{1,9}})?)?(?:[zZ]|[+-]\d{{2}}:?\d{{2}})"
_EPOCH = r"-?\d+(?:\.\d+)?"
_INTEGERS = ("tinyint", "smallint", "integer", "bigint")
# Java's letters of a moment, for timestamp.formats; what is not here is refused.
_LETTERS = {
    "yyyy": "%Y", "uuuu": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S",
    "SSS": "%g", "SSSSSS": "%f", "MMM": "%b", "M": "%-m", "d": "%-d", "H": "%-H", "yy": "%y",
}  # fmt: skip
_FORMAT = re.compile(r"'([^']*)'|([A-Za-z])\2*|[^A-Za-z']+")


@dataclass(frozen=True)
class Conversion:
    """How texts become values in one kind of files; `strict` fails where others give NULL."""

    kind: str
    strict: bool
    formats: tuple[str, ...] = ()

    @classmethod
    def of(cls, kind: str, parameters: Mapping[str, str]) -> "Conversion":
        """The conversion of a SerDe with these properties."""
        given = parameters.get("timestamp.formats", "")
        formats = tuple(_strptime(part.strip()) for part in given.split(",") if part.strip())
        return cls(kind, kind in ("csv", "json"), formats)

    def value(self, field: str, made: Type, place: int) -> str:
        """SQL of the value of a field, which is SQL of a text; `place` counts from 0."""
        if made.children:
            if self.kind not in ("lazy", "json", "openx"):
                raise not_supported(f"A column of type {made} in these files")
            return f"TRY_CAST(CAST({field} AS JSON) AS {engine_type(made)})"
        value = self._scalar(field, made)
        if not self.strict or made.base in ("varchar", "char"):
            return value
        message = (
            f"concat('HIVE_BAD_DATA:Error parsing field value ''', {field}, "
            f"''' for field {place}: For input string: \"', {field}, '\"')"
        )
        return (
            f"CASE WHEN {field} IS NULL THEN NULL WHEN ({value}) IS NULL "
            f"THEN athena_raise({message}) ELSE {value} END"
        )

    def _scalar(self, x: str, made: Type) -> str:
        base, target = made.base, engine_type(made)
        if base == "varchar":
            return f"left({x}, {made.numbers[0]})" if made.numbers else x
        if base == "char":
            return f"rpad(left({x}, {made.numbers[0]}), {made.numbers[0]}, ' ')"
        if base in _INTEGERS:
            return self._integer(x, target)
        if base in ("real", "double", "decimal"):
            special = "" if base == "decimal" else "|[+-]?(?:NaN|Infinity)"
            return f"TRY_CAST({_matched(x, _NUMBER + special)} AS {target})"
        if base == "boolean":
            if self.kind in ("regex", "grok"):
                return f"(lower({x}) = 'true')"
            return f"CASE lower({x}) WHEN 'true' THEN true WHEN 'false' THEN false END"
        if base == "date":
            return self._date(x)
        if base == "timestamp":
            return self._moment(x)
        if base == "varbinary" and self.kind in ("lazy", "json", "openx"):
            return f"TRY(from_base64({x}))"
        raise not_supported(f"A column of type {made} in these files")

    def _integer(self, x: str, target: str) -> str:
        if self.kind in ("lazy", "openx"):  # a fraction of digits is cut off
            x = f"nullif(regexp_extract({x}, '^({_WHOLE})(?:\\.\\d*)?$', 1), '')"
            return f"TRY_CAST({x} AS {target})"
        return f"TRY_CAST({_matched(x, _WHOLE)} AS {target})"

    def _date(self, x: str) -> str:
        if self.kind == "csv":
            days = f"TRY_CAST({_matched(x, _WHOLE)} AS INTEGER)"
            return f"TRY(DATE '1970-01-01' + {days})"
        return f"TRY_CAST(nullif(regexp_extract({x}, '^({_DATE})(?: .*)?$', 1), '') AS DATE)"

    def _moment(self, x: str) -> str:
        if self.kind == "csv":
            return f"TRY(make_timestamp_ms(TRY_CAST({_matched(x, _WHOLE)} AS BIGINT)))"
        plain = _ISO if self.kind in ("openx", "json") else _MOMENT
        found = [f"try_strptime({x}, {text(each)})" for each in self.formats]
        found.append(f"TRY_CAST({_matched(x, plain)} AS TIMESTAMP)")
        if self.kind == "openx":
            zoned = f"TRY_CAST({_matched(x, _ZONED)} AS TIMESTAMPTZ)"
            number = f"TRY_CAST({_matched(x, _EPOCH)} AS DECIMAL(38, 6))"
            scaled = f"CASE WHEN length({x}) >= 13 AND NOT contains({x}, '.') THEN {number} "
            scaled += f"ELSE {number} * 1000 END"
            found.append(f"timezone('UTC', {zoned})")
            found.append(f"TRY(make_timestamp_ms(CAST(trunc({scaled}) AS BIGINT)))")
        return f"coalesce({', '.join(found)})" if len(found) > 1 else found[0]


def _matched(x: str, pattern: str) -> str:
    return f"CASE WHEN regexp_full_match({x}, {text(pattern)}) THEN {x} END"


def _strptime(java: str) -> str:
    made = []
    for token in _FORMAT.finditer(java):
        if token[1] is not None:
            made.append(token[1].replace("%", "%%") or "'")
        elif token[2] is None:
            made.append(token[0].replace("%", "%%"))
        elif token[0] in _LETTERS:
            made.append(_LETTERS[token[0]])
        else:
            message = f"timestamp.formats: '{token[0]}' in '{java}' is not supported"
            raise AthenaError("INVALID_TABLE_PROPERTY", message)
    return "".join(made)


def shape_of(made: Type) -> object:
    """A type as the SerDes' functions of the engine are told it; see `engine.serde_json`."""
    if made.base == "array":
        return ["array", shape_of(made.element)]
    if made.base == "map":
        return ["map", *map(shape_of, made.children)]
    if made.base == "row":
        pairs = zip(made.names, made.children, strict=True)
        return ["row", [[name, shape_of(child)] for name, child in pairs]]
    return made.base
