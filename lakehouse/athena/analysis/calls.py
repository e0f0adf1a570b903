"""Function calls: the overload Trino would choose, its arguments coerced, its SQL filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lakehouse.athena.analysis.coercion import coerce
from lakehouse.athena.analysis.value import Value, cast_sql, fill
from lakehouse.athena.errors import AthenaError, Position
from lakehouse.athena.functions.registry import Function, Overload
from lakehouse.athena.syntax import nodes as n
from lakehouse.athena.types import (
    UNKNOWN,
    ZONED,
    Type,
    as_decimal,
    can_coerce,
    common_type,
    is_integer,
)

if TYPE_CHECKING:
    from lakehouse.athena.analysis.expressions import ExpressionAnalyzer

# Types that a pattern without numbers stands for at any length or precision.
_SIZED = ("varchar", "char", "decimal", "time", "timestamp", ZONED)


@dataclass(frozen=True)
class Invocation:
    """One call: its node, its arguments (None where a lambda stands) and who analyzes it."""

    analyzer: ExpressionAnalyzer
    node: n.Call
    arguments: tuple[Value | None, ...]

    @property
    def position(self) -> Position:
        """Where the call stands."""
        return self.node.position

    @property
    def values(self) -> list[Value]:
        """The arguments of a call that takes no lambda."""
        found = [value for value in self.arguments if value is not None]
        if len(found) != len(self.arguments):
            raise self.unexpected()
        return found

    def arity(self, *allowed: int) -> list[Value]:
        """The arguments, if there are as many as allowed."""
        if len(self.arguments) not in allowed:
            raise self.unexpected()
        return self.values

    def unexpected(self, expected: str = "") -> AthenaError:
        """Trino's error for arguments no overload takes."""
        given = ", ".join(str(v.type) if v else "<function>" for v in self.arguments)
        message = f"Unexpected parameters ({given}) for function {self.node.function}."
        if expected:
            message += f" Expected: {expected}"
        return AthenaError("FUNCTION_NOT_FOUND", message, self.position)

    def mismatch(self, message: str) -> AthenaError:
        """TYPE_MISMATCH at the call."""
        return AthenaError("TYPE_MISMATCH", message, self.position)

    def literal(self, index: int) -> str | int | None:
        """What the statement spells out as an argument, or None."""
        value = self.arguments[index]
        return value.literal if value else None

    def function(self, index: int, *arguments: Type) -> Value:
        """The lambda at `index` as SQL of the engine, typed by its result."""
        node = self.node.arguments[index]
        if not isinstance(node, n.Lambda):
            raise self.unexpected()
        return self.analyzer.function(node, arguments)


@dataclass
class Binding:
    """What the variables of a signature came to stand for."""

    variables: dict[str, Type] = field(default_factory=dict)

    def take(self, pattern: Type, given: Type, *, exact: bool) -> bool:
        """Whether a value of type `given` may stand where `pattern` is wanted."""
        if len(pattern.base) == 1:
            known = self.variables.get(pattern.base, UNKNOWN)
            found = common_type(known, given)
            if found is None or (exact and known not in (UNKNOWN, found)):
                return False
            self.variables[pattern.base] = found
            return True
        if given.base == "unknown":
            return True
        if pattern.children:
            return (
                pattern.base == given.base
                and len(pattern.children) == len(given.children)
                and all(
                    self.take(a, b, exact=exact)
                    for a, b in zip(pattern.children, given.children, strict=True)
                )
            )
        if pattern.base == given.base and (pattern.base in _SIZED or pattern == given):
            return True
        return not exact and can_coerce(given, _sample(pattern, given))

    def resolved(self, pattern: Type, given: Type | None = None) -> Type:
        """The type a pattern stands for, beside a value of type `given`."""
        if len(pattern.base) == 1:
            return self.variables.get(pattern.base, UNKNOWN)
        if pattern.children:
            parts = given.children if given and given.children else (None,) * len(pattern.children)
            pairs = zip(pattern.children, parts, strict=True)
            return replace(pattern, children=tuple(self.resolved(a, b) for a, b in pairs))
        if given is not None and pattern.base in _SIZED and not pattern.numbers:
            return _sample(pattern, given)
        return pattern


def _sample(pattern: Type, given: Type) -> Type:
    """The narrowest type a sized pattern stands for that `given` may widen to."""
    if pattern.base not in _SIZED or pattern.numbers:
        return pattern
    if given.base == pattern.base:
        return given
    if pattern.base == "decimal":
        return as_decimal(given) if is_integer(given) else Type("decimal", (38, 0))
    if pattern.base == "varchar":
        return Type("varchar", given.numbers) if given.base == "char" else Type("varchar")
    precision = given.numbers or (3 if pattern.base == ZONED else 0,)
    return Type(pattern.base, precision, zone="UTC" if pattern.base == ZONED else "")


def choose(invocation: Invocation, overloads: Sequence[Overload]) -> tuple[Overload, Binding]:
    """The first overload that takes the arguments as they are, else the first that takes them
    widened.
    """
    for exact in (True, False):
        for overload in overloads:
            binding = _bind(invocation, overload, exact=exact)
            if binding is not None:
                return overload, binding
    raise invocation.unexpected(", ".join(dict.fromkeys(map(str, overloads))))


def parameters_of(overload: Overload, count: int) -> tuple[Type, ...] | None:
    """A pattern for each of `count` arguments, or None if the overload takes another number."""
    parameters = overload.parameters
    if overload.variadic and count >= len(parameters):
        parameters += (parameters[-1],) * (count - len(parameters))
    return parameters if len(parameters) == count else None


def _bind(invocation: Invocation, overload: Overload, *, exact: bool) -> Binding | None:
    parameters = parameters_of(overload, len(invocation.arguments))
    if parameters is None:
        return None
    binding = Binding()
    for pattern, value in zip(parameters, invocation.arguments, strict=True):
        if (value is None) != (pattern.base == "function"):
            return None
        if value is not None and not binding.take(pattern, value.type, exact=exact):
            return None
    return binding


def coerced(invocation: Invocation, overload: Overload, binding: Binding) -> list[Value]:
    """The arguments as the overload wants them, lambdas compiled in order."""
    parameters = parameters_of(overload, len(invocation.arguments)) or ()
    made: list[Value] = []
    for i, (pattern, value) in enumerate(zip(parameters, invocation.arguments, strict=True)):
        if value is not None:
            made.append(coerce(value, binding.resolved(pattern, value.type)))
            continue
        *wanted, result = pattern.children
        body = invocation.function(i, *(binding.resolved(part) for part in wanted))
        known = binding.resolved(result)
        if known == UNKNOWN:
            binding.take(result, body.type, exact=False)
        elif body.type != known:
            if not can_coerce(body.type, known):
                raise invocation.unexpected(str(overload))
            head, _, inner = body.sql.partition(": ")
            body = Value(f"{head}: {coerce(Value(inner, body.type), known).sql}", body.type)
        made.append(body)
    return made


def call_scalar(invocation: Invocation, function: Function) -> Value:
    """A scalar call, whether a template or a rule answers it."""
    if function.rule is not None:
        made = function.rule(invocation)
        return replace(made, volatile=made.volatile or function.volatile)
    overload, binding = choose(invocation, function.overloads)
    values = coerced(invocation, overload, binding)
    result = result_type(overload, binding, [v.type for v in values])
    if overload.variadic and "{*}" in overload.template:
        template = overload.template.replace(
            "{*}", ", ".join(f"{{{i}}}" for i in range(len(values)))
        )
    else:
        template = overload.template
    made = fill(template, values, result)
    return replace(made, sql=cast_sql(made.sql, result)) if _needs_cast(result) else made


def result_type(overload: Overload, binding: Binding, given: Sequence[Type]) -> Type:
    """The type of a call's result; a sized type without numbers is that of the first argument."""
    result = binding.resolved(overload.result)
    if result.base in _SIZED and not result.numbers and result.base not in ("varchar", "char"):
        for made in given:
            if made.base == result.base:
                return made
    return result


def _needs_cast(result: Type) -> bool:
    # The engine's own result may be wider or narrower; the cast settles it, or fails aloud.
    return not result.children and result.base not in ("function", ZONED)
