"""What the functions of arrays take: arrays, and elements that can be compared."""

from lakehouse.athena.analysis.calls import Invocation
from lakehouse.athena.analysis.coercion import coerce
from lakehouse.athena.analysis.value import Value
from lakehouse.athena.errors import not_supported
from lakehouse.athena.types import (
    Type,
    array,
    common_type,
    contains_zone,
)


def array_argument(call: Invocation, index: int = 0) -> Value:
    """The argument at a place, which is an array; NULL is one of no type."""
    value = call.arguments[index]
    if value is None or value.type.base not in ("array", "unknown"):
        raise call.unexpected()
    return value if value.type.base == "array" else coerce(value, array(Type("unknown")))


def refuse_incomparable(call: Invocation, element: Type) -> None:
    """Refuse what the engine would compare its own way."""
    if contains_zone(element) or element.children:
        raise not_supported(f"{call.node.function} of elements of type {element}", call.position)


def array_and_element(call: Invocation) -> tuple[Value, Value, Type]:
    """An array and a value sought in it, with the type that both have then."""
    whole, single = call.arity(2)
    whole = array_argument(call)
    element = common_type(whole.type.element, single.type)
    if element is None:
        raise call.unexpected()
    refuse_incomparable(call, element)
    return coerce(whole, array(element)), coerce(single, element), element
