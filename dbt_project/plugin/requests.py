"""What a macro asks of the lake, as a dictionary that Jinja can write and read."""

from collections.abc import Callable, MutableMapping
from typing import Any

from duckdb import DuckDBPyConnection
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError
from pyiceberg.typedef import Identifier

from dbt_project.plugin.checks import ask
from dbt_project.plugin.drafting import begin, end
from dbt_project.plugin.listing import fill_listing
from lakehouse.catalog.drafts import DraftCatalog
from lakehouse.tables.descriptions import Description, describe_table
from lakehouse.tables.rebuild import TableContent, rebuild
from lakehouse.tables.refusals import refusals_of_the_system
from lakehouse.tables.transactions import commit_together

Request = MutableMapping[str, Any]
Action = Callable[[DuckDBPyConnection, Catalog, Identifier, Request], None]


def perform(
    connection: DuckDBPyConnection, catalog: Catalog, table: Identifier, request: Request
) -> None:
    """Carry out `request["action"]`; the macros that write requests are in macros/lake.sql."""
    _ACTIONS[request["action"]](connection, catalog, table, request)


def _rebuild(
    connection: DuckDBPyConnection, catalog: Catalog, table: Identifier, request: Request
) -> None:
    """Make the rows of `sql` the content of the table; answers with `rows`."""
    content = TableContent(
        table,
        request["sql"],
        partitioned_by=request["partitioned_by"],
        doc=request["doc"],
        column_docs=request["column_docs"],
        commit_notes=request["commit_notes"],
        key=request["key"],
    )
    request["rows"] = rebuild(connection, catalog, content).rows


def _commit(
    connection: DuckDBPyConnection, catalog: Catalog, table: Identifier, request: Request
) -> None:
    """Run `statements` as one commit."""
    with refusals_of_the_system(connection):
        commit_together(connection, request["statements"])
    wanted = Description(request["doc"], request["column_docs"], request["key"])
    describe_table(catalog, table, wanted)


def _begin(
    _connection: DuckDBPyConnection, catalog: Catalog, _table: Identifier, request: Request
) -> None:
    """Open the draft of the run `run`."""
    if isinstance(catalog, DraftCatalog):
        begin(catalog, request["run"])


def _end(
    connection: DuckDBPyConnection, catalog: Catalog, _table: Identifier, request: Request
) -> None:
    """Publish the draft of the run `run`, unless nodes `failed`, or one of the `checks` finds rows.

    Answers with `published`, with `answers` (the seconds of each check; None: something was found)
    and `drafted`, which a catalog that has no drafts leaves out.
    """
    if isinstance(catalog, DraftCatalog) and catalog.is_open:
        request["drafted"] = True
        if request["checks"] and not request["failed"]:
            request["answers"] = ask(connection, request["checks"])
            request["failed"] = ["a test"] if request["answers"] is None else []
        request["published"] = end(catalog, connection, request)


def _list(
    connection: DuckDBPyConnection, catalog: Catalog, _table: Identifier, request: Request
) -> None:
    """Fill the listing of `tables`."""
    fill_listing(connection, catalog, request["tables"])


def _look(
    _connection: DuckDBPyConnection, catalog: Catalog, table: Identifier, request: Request
) -> None:
    """Answers with the names of the table's `columns`; None where there is no such table."""
    try:
        request["columns"] = list(catalog.load_table(table).schema().column_names)
    except NoSuchTableError:
        request["columns"] = None


def _names(
    _connection: DuckDBPyConnection, catalog: Catalog, _table: Identifier, request: Request
) -> None:
    """Answers with `names`: those of the tables in `namespace`, or (None) of the namespaces."""
    if request["namespace"] is None:
        request["names"] = [".".join(each) for each in catalog.list_namespaces()]
        return
    try:
        found = catalog.list_tables(request["namespace"])
    except NoSuchNamespaceError:
        found = []
    request["names"] = [table[-1] for table in found]


_ACTIONS: dict[str, Action] = {
    "begin": _begin,
    "end": _end,
    "rebuild": _rebuild,
    "commit": _commit,
    "list": _list,
    "look": _look,
    "names": _names,
}
