"""Views: a query with a name, kept in the catalog as Iceberg keeps views."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import (
    NoSuchNamespaceError,
    NoSuchTableError,
    NoSuchViewError,
    TableAlreadyExistsError,
)
from pyiceberg.view import View
from pyiceberg.view.metadata import SQLViewRepresentation, ViewRepresentation, ViewVersion

from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.schema import Schema, TableColumns
from lakehouse.athena.statements import values as v
from lakehouse.athena.translation import translate
from lakehouse.athena.writing.iceberg_types import columns_of, schema_of

DIALECT = "athena"
_DEEPEST = 16


@dataclass(frozen=True)
class StoredView:
    """A view as it was written."""

    database: str
    name: str
    text: str


class Views:
    """The views of a catalog; `catalog` opens it when it is first needed.

    `read` are the texts of those that were found, by `database.name`.
    """

    def __init__(self, catalog: Callable[[], Catalog]) -> None:
        self._catalog = catalog
        self.read: dict[str, str] = {}

    def find(self, database: str, name: str) -> StoredView | None:
        """The view of that name, or None; also where the catalog knows no views."""
        try:
            view = self._catalog().load_view((database, name))
        except (NoSuchViewError, NoSuchNamespaceError, NoSuchTableError, NotImplementedError):
            return None
        text = _text_of(view)
        self.read[f"{database}.{name}"] = text
        return StoredView(database, name, text)

    def names(self, database: str) -> list[str]:
        """The names of a database's views, sorted."""
        try:
            return sorted(identifier[-1] for identifier in self._catalog().list_views(database))
        except (NoSuchNamespaceError, NotImplementedError):
            return []

    def create(self, identifier: tuple[str, str], statement: v.CreateView, schema: Schema) -> None:
        """CREATE [OR REPLACE] VIEW. Its query must be right, now."""
        made = translate(statement.text, schema)
        columns = columns_of(made)
        representation = SQLViewRepresentation(type="sql", sql=statement.text, dialect=DIALECT)
        version = ViewVersion.model_validate(
            {
                "schema-id": 0,
                "representations": [ViewRepresentation(representation)],
                "default-namespace": (identifier[0],),
            }
        )
        catalog = self._catalog()
        put = getattr(catalog, "replace_view", None) if statement.replace else catalog.create_view
        if put is None:
            raise not_supported("CREATE OR REPLACE VIEW in this catalog")
        try:
            put(identifier, schema_of(columns), version)
        except TableAlreadyExistsError as e:
            message = f"'{'.'.join(identifier)}' already exists"
            raise AthenaError("TABLE_ALREADY_EXISTS", message) from e
        except NoSuchNamespaceError as e:
            raise AthenaError("SCHEMA_NOT_FOUND", f"Schema '{identifier[0]}' does not exist") from e
        except NotImplementedError as e:
            raise not_supported("A view in this kind of catalog") from e

    def drop(self, identifier: tuple[str, str], *, if_exists: bool) -> None:
        """DROP VIEW."""
        try:
            self._catalog().drop_view(identifier)
        except (NoSuchViewError, NoSuchNamespaceError, NotImplementedError) as e:
            if not if_exists:
                message = f"View '{'.'.join(identifier)}' does not exist"
                raise AthenaError("TABLE_NOT_FOUND", message) from e


@dataclass(frozen=True)
class ViewingSchema:
    """Finds tables, and views, which are read as the queries they stand for."""

    tables: Callable[[str], Schema]  # by the database that bare names mean
    views: Views
    named: Callable[[v.Name], tuple[str, str] | None]
    database: str
    depth: int = 0

    def table(self, parts: tuple[str, ...]) -> TableColumns | None:
        """The table or view of a dotted name, or None."""
        found = self.tables(self.database).table(parts)
        if found is not None:
            return found
        full = parts if len(parts) > 1 else (self.database, *parts)
        identifier = self.named(full)
        view = identifier and self.views.find(*identifier)
        if not view:
            return None
        if self.depth == _DEEPEST:
            raise AthenaError("VIEW_IS_RECURSIVE", f"View '{'.'.join(parts)}' is recursive")
        inner = replace(self, database=view.database, depth=self.depth + 1)
        made = translate(view.text, inner)
        columns = tuple(zip(made.names, made.types, strict=True))
        name = ("awsdatacatalog", view.database, view.name)
        return TableColumns(f"({made.sql})", name, columns, writable=False)


def _text_of(view: View) -> str:
    texts = {r.root.dialect: r.root.sql for r in view.current_version().representations}
    if DIALECT not in texts:
        dialects = ", ".join(sorted(texts))
        name = ".".join(view.name())
        raise not_supported(f"View {name}, which is written in the SQL of {dialects},")
    return texts[DIALECT]
