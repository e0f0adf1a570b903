"""Which catalogs keep views: those in a SQL database, and AWS Glue."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from pyiceberg.schema import Schema
from pyiceberg.typedef import EMPTY_DICT, Identifier
from pyiceberg.view import View
from pyiceberg.view.metadata import ViewVersion


@runtime_checkable
class ViewCatalog(Protocol):
    """A catalog with views, beside PyIceberg's own methods for them."""

    def replace_view(
        self,
        identifier: str | Identifier,
        schema: Schema,
        view_version: ViewVersion,
        properties: Mapping[str, Any] = EMPTY_DICT,
    ) -> View:
        """The view of that name, new or in the place of one that was there."""
        ...

    def view_location(self, identifier: str | Identifier) -> str | None:
        """Where the view is kept, or None if there is no such view."""
        ...
