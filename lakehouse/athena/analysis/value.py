"""What an expression becomes, and how engine SQL is put together from such values."""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lakehouse.athena.types import Type, engine_type, text

_PLAIN = re.compile(
    r"""(?:"[^"]*"\.)?"[^"]*"|[a-z]\w*|-?\d+(\.\d+)?|'[^']{0,40}'|NULL|TRUE|FALSE"""
)
_SLOT = re.compile(r"\{\{|\{(\d+)\}")


@dataclass(frozen=True)
class Value:
    """Engine SQL and the type of its result.

    `literal` holds the Python value where the statement spells it out, for functions whose
    meaning depends on a constant (formats, units, patterns). `volatile` means that evaluating the
    SQL twice gives two answers.
    """

    sql: str
    type: Type
    literal: str | int | None = None
    volatile: bool = False

    @property
    def plain(self) -> bool:
        """Whether writing it twice costs nothing."""
        return bool(_PLAIN.fullmatch(self.sql))

    @property
    def null(self) -> bool:
        """Whether the statement spells out NULL."""
        return self.sql in ("NULL", cast_sql("NULL", self.type))

    def typed(self, made: Type) -> "Value":
        """The same SQL read as another type."""
        return replace(self, type=made)


def fill(template: str, values: Sequence[Value], made: Type) -> Value:
    """The value of a template in which {0}, {1} stand for `values`, and {{ for a brace.

    A value that the template names more than once is computed once: where that matters it is
    bound as the argument of a lambda over a list of one.
    """
    slots = [int(slot) for slot in _SLOT.findall(template) if slot]
    bound: list[tuple[str, str]] = []
    names: list[str] = []
    for i, value in enumerate(values):
        repeated = slots.count(i) > 1 and not value.sql.startswith("lambda ")
        if repeated and not value.plain and (value.volatile or len(value.sql) > 60):
            name = f"b_{zlib.crc32(value.sql.encode()):08x}"
            if name not in dict(bound):
                bound.append((name, value.sql))
            names.append(name)
        else:
            names.append(value.sql)
    sql = _SLOT.sub(lambda slot: names[int(slot[1])] if slot[1] else "{", template)
    for name, argument in bound:
        sql = f"list_transform([{argument}], lambda {name}: {sql})[1]"
    return Value(sql, made, volatile=any(value.volatile for value in values))


def raw(sql: str) -> str:
    """SQL that may hold braces of its own, for use inside a template."""
    return sql.replace("{", "{{")


def raising(code: str, message: str) -> str:
    """SQL of any type that raises an error of Athena's wherever it is evaluated."""
    return f"athena_raise({text(f'{code}:{message}')})"


def cast_sql(sql: str, made: Type) -> str:
    """An engine cast; the engine drops it where the type is that one already."""
    return f"CAST({sql} AS {engine_type(made)})"


def null_of(made: Type) -> Value:
    """NULL of a type."""
    return Value(cast_sql("NULL", made), made)
