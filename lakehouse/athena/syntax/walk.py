"""Looking through syntax trees."""

from collections.abc import Iterator
from dataclasses import fields

from lakehouse.athena.syntax import nodes as n


def parts_of(node: n.Node) -> Iterator[n.Node]:
    """The nodes directly under a node, those inside of nested tuples included."""

    def found(value: object) -> Iterator[n.Node]:
        if isinstance(value, n.Node):
            yield value
        elif isinstance(value, tuple):
            for item in value:
                yield from found(item)

    for part in fields(node):
        yield from found(getattr(node, part.name))


def tables_of(node: n.Node) -> Iterator[n.Table]:
    """Every table a query names, in nested queries too."""
    if isinstance(node, n.Table):
        yield node
    for part in parts_of(node):
        yield from tables_of(part)
