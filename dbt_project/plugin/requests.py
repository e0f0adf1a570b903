"""What a materialization asks of the lake, as a dictionary that Jinja can write and read."""

from collections.abc import MutableMapping
from typing import Any

from duckdb import DuckDBPyConnection
from pyiceberg.catalog import Catalog
from pyiceberg.typedef import Identifier

from lakehouse.tables.descriptions import describe_table
from lakehouse.tables.rebuild import TableContent, rebuild
from lakehouse.tables.transactions import commit_together


def perform(
    connection: DuckDBPyConnection,
    catalog: Catalog,
    identifier: Identifier,
    request: MutableMapping[str, Any],
) -> None:
    """Carry out `request["action"]` on a table (see macros/materializations/lake.sql).

    `rebuild` makes the rows of `sql` the content of the table, and answers with `rows`;
    `commit` runs `statements` as one commit. Both leave the table described by `doc` and
    `column_docs`.
    """
    doc, column_docs = request["doc"], request["column_docs"]
    if request["action"] == "rebuild":
        content = TableContent(
            identifier,
            request["sql"],
            partitioned_by=request["partitioned_by"],
            doc=doc,
            column_docs=column_docs,
            commit_notes=request["commit_notes"],
        )
        request["rows"] = rebuild(connection, catalog, content).rows
        return
    commit_together(connection, request["statements"])
    describe_table(catalog, identifier, doc, column_docs)
