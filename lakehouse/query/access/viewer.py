"""Somebody who looks."""

from dataclasses import dataclass

from lakehouse.query.access.scope import Scope


@dataclass(frozen=True)
class Person:
    """Somebody who logged in, with the groups that the provider told."""

    name: str
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Viewer:
    """A person, what the rules let that person see, and the snapshots of the rules."""

    person: Person
    scope: Scope
    row_rules: int | None = None
    column_rules: int | None = None


def narrowed(viewer: Viewer | None) -> Scope | None:
    """What a viewer is narrowed to; None for who sees everything, such as the home's owner."""
    return None if viewer is None or viewer.scope.everything else viewer.scope
