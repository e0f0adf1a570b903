"""What the catalog has under a name: an Iceberg table, a table of raw files, or a view."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, TypeAlias

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchNamespaceError
from pyiceberg.typedef import Identifier

from lakehouse.catalog.external_tables import external_tables
from lakehouse.catalog.statistics import namespaces

Kind: TypeAlias = Literal["iceberg", "external", "view"]


@dataclass(frozen=True, order=True)
class Entry:
    """A name of the catalog, and what it means."""

    identifier: Identifier
    kind: Kind


def entries(catalog: Catalog) -> list[Entry]:
    """Everything in the catalog, by namespace and name."""
    found = [entry for namespace in namespaces(catalog) for entry in entries_in(catalog, namespace)]
    return sorted(found, key=lambda each: (each.identifier[:-1], each.identifier[-1]))


def entries_in(catalog: Catalog, namespace: Identifier) -> Iterator[Entry]:
    """What a namespace holds, in no order; nothing where it was dropped since it was listed."""
    with suppress(NoSuchNamespaceError):
        for identifier in catalog.list_tables(namespace):
            yield Entry(identifier, "iceberg")
        if external := external_tables(catalog):
            for name in external.names(".".join(namespace)):
                yield Entry((*namespace, name), "external")
        with suppress(NotImplementedError):  # a catalog without views
            for identifier in catalog.list_views(namespace):
                yield Entry(identifier, "view")


def kind_of(catalog: Catalog, identifier: Identifier) -> Kind | None:
    """What a name means, None when the catalog does not have it."""
    if len(identifier) < 2 or not all(identifier):
        return None
    if catalog.table_exists(identifier):
        return "iceberg"
    external = external_tables(catalog)
    if external and external.find(".".join(identifier[:-1]), identifier[-1]):
        return "external"
    with suppress(NotImplementedError):
        if catalog.view_exists(identifier):
            return "view"
    return None
