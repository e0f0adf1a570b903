"""Signatures in Trino's own notation, and how a call finds its overload."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakehouse.athena.types import Type

if TYPE_CHECKING:
    from lakehouse.athena.analysis.calls import Invocation
    from lakehouse.athena.analysis.value import Value

Rule = Callable[["Invocation"], "Value"]


@dataclass(frozen=True)
class Overload:
    """One signature. Upper-case letters are type variables; a type without its numbers means any.

    `template` is the engine's SQL. For an aggregate it is applied to the results of `calls`, each
    the call of one engine aggregate, which take DISTINCT, ORDER BY, FILTER and OVER.
    """

    name: str
    parameters: tuple[Type, ...]
    result: Type
    template: str = ""
    variadic: bool = False
    calls: tuple[str, ...] = ()
    aggregate: bool = False
    window_only: bool = False

    def __str__(self) -> str:
        return f"{self.name}({', '.join(map(str, self.parameters))})"


@dataclass(frozen=True)
class Function:
    """A name with its overloads, or with a rule where SQL templates do not reach."""

    name: str
    overloads: tuple[Overload, ...] = ()
    rule: Rule | None = None
    volatile: bool = False

    @property
    def aggregate(self) -> bool:
        """Whether it is an aggregate function."""
        return any(overload.aggregate for overload in self.overloads)

    @property
    def window_only(self) -> bool:
        """Whether it needs an OVER clause."""
        return any(overload.window_only for overload in self.overloads)


def scalar(signature: str, template: str) -> Overload:
    """A scalar function: `scalar("strpos(varchar, varchar) -> bigint", "instr({0}, {1})")`."""
    return _overload(signature, template=template)


def aggregate(signature: str, call: str | tuple[str, ...], template: str = "{0}") -> Overload:
    """An aggregate: engine calls over the rows, then a template over their results."""
    calls = (call,) if isinstance(call, str) else call
    return _overload(signature, template=template, calls=calls, aggregate=True)


def window(signature: str, call: str) -> Overload:
    """A function that only works with OVER."""
    return _overload(signature, template="{0}", calls=(call,), window_only=True)


def _overload(
    signature: str,
    *,
    template: str,
    calls: tuple[str, ...] = (),
    aggregate: bool = False,
    window_only: bool = False,
) -> Overload:
    head, _, result = signature.partition("->")
    name, _, inside = head.strip().partition("(")
    inside = inside.removesuffix(")")
    variadic = inside.endswith("...")
    parameters = tuple(parse_pattern(part) for part in _split(inside.removesuffix("...")))
    made = parse_pattern(result)
    return Overload(name, parameters, made, template, variadic, calls, aggregate, window_only)


def _split(inside: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for i, character in enumerate(inside):
        depth += (character == "(") - (character == ")")
        if character == "," and not depth:
            parts.append(inside[start:i])
            start = i + 1
    last = inside[start:]
    return [*parts, last] if last.strip() else parts


def parse_pattern(text: str) -> Type:
    """A type pattern: array(T), map(K, V), function(T, U), decimal(38, 0), varchar."""
    text = text.strip()
    if not text.endswith(")"):
        return Type(text)
    base, _, inside = text[:-1].partition("(")
    numbers = re.fullmatch(r"\d+(\s*,\s*\d+)*", inside)
    if numbers:
        return Type(base.strip(), tuple(int(part) for part in inside.split(",")))
    return Type(base.strip(), children=tuple(parse_pattern(part) for part in _split(inside)))


def family(*entries: Overload | Function) -> dict[str, Function]:
    """A family's table: overloads of one name in the order they are tried."""
    grouped: dict[str, list[Overload]] = {}
    made: dict[str, Function] = {}
    for entry in entries:
        if isinstance(entry, Function):
            made[entry.name] = entry
        else:
            grouped.setdefault(entry.name, []).append(entry)
    for name, overloads in grouped.items():
        made[name] = Function(name, tuple(overloads))
    return made


def rules(rule: Rule, *names: str, volatile: bool = False) -> list[Function]:
    """Functions that share a rule."""
    return [Function(name, rule=rule, volatile=volatile) for name in names]


def merge(*families: dict[str, Function]) -> dict[str, Function]:
    """One table of several; a name that two families share (length) keeps the overloads of both."""
    merged: dict[str, Function] = {}
    for table in families:
        for name, function in table.items():
            known = merged.get(name)
            overloads = (*known.overloads, *function.overloads) if known else function.overloads
            rule = function.rule or (known.rule if known else None)
            volatile = function.volatile or bool(known and known.volatile)
            merged[name] = Function(name, overloads, rule, volatile)
    return merged
