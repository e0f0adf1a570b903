"""Rebuild: the rows of a query become the whole content of an Iceberg table, in one commit.

DuckDB writes the rows as Parquet below the table's data folder; then a single PyIceberg
transaction changes schema, partitioning and content together. Until it commits, a reader sees
the old table; afterwards the new one. Nothing in between exists in any catalog.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from duckdb import DuckDBPyConnection
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError, ValidationException
from pyiceberg.schema import Schema, assign_fresh_schema_ids
from pyiceberg.table import Transaction
from pyiceberg.typedef import Identifier
from pyiceberg.types import NestedField

from lakehouse.errors import CatalogError, QueryError
from lakehouse.tables.column_types import Column, describe
from lakehouse.tables.data_files import Rows, write
from lakehouse.tables.descriptions import Description
from lakehouse.tables.evolution import evolve, staying
from lakehouse.tables.folders import new_folder
from lakehouse.tables.lean_transaction import LeanTransaction
from lakehouse.tables.partitioning import Term, admit, parse_terms, retire, spec_of
from lakehouse.tables.replacement import Replacement


@dataclass(frozen=True)
class TableContent:
    """What a table is to hold, and how it is laid out and described.

    `partitioned_by` takes terms such as `month(order_date)`; `column_docs` goes by column name;
    `commit_notes` are recorded with the snapshot, `key` names the columns that tell rows apart.
    """

    identifier: Identifier
    query: str
    partitioned_by: Sequence[str] = ()
    doc: str = ""
    column_docs: Mapping[str, str] = field(default_factory=dict)
    commit_notes: Mapping[str, str] = field(default_factory=dict)
    key: Sequence[str] = ()


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild committed."""

    rows: int
    files: int
    snapshot_id: int


def rebuild(connection: DuckDBPyConnection, catalog: Catalog, content: TableContent) -> Rebuilt:
    """Replace the content of a table, or create it, by the rows of the query.

    The query runs on `connection`, which must not be in a transaction. Columns that stay keep
    their field ids. When anything fails, the table is as before and the files written so far
    are removed (a process that is killed leaves files behind that no table refers to).

    Raises duckdb.Error when the query fails, QueryError for a column or a partitioning that no
    Iceberg table can have, CatalogError when the catalog refuses the change.
    """
    terms = parse_terms(content.partitioned_by)
    columns = describe(connection.execute(f"describe ({content.query}\n)").fetchall())
    transaction = _begin(catalog, content, _schema(columns, content.column_docs), terms)
    metadata = transaction.table_metadata
    with new_folder(connection, transaction._table.io, metadata) as folder:
        with _undone_by(folder.remove, after=BaseException):
            files = write(Rows(content.query, columns, terms), metadata, folder)
            replacement = Replacement(transaction, files, content.commit_notes)
        with _undone_by(folder.remove, after=CatalogError):
            _commit(transaction, replacement, content.identifier)
    return Rebuilt(replacement.row_count, replacement.file_count, replacement.snapshot_id)


def _schema(columns: Sequence[Column], docs: Mapping[str, str]) -> Schema:
    fields = [
        NestedField(number, column.name, column.type, doc=docs.get(column.name))
        for number, column in enumerate(columns, start=1)
    ]
    # Ids inside nested types are placeholders so far.
    return assign_fresh_schema_ids(Schema(*fields))


def _begin(
    catalog: Catalog, content: TableContent, schema: Schema, terms: Sequence[Term]
) -> Transaction:
    """A transaction in which the table exists and has the wanted schema and partitioning."""
    if missing := [term.column for term in terms if term.column not in schema.column_names]:
        raise QueryError(
            f"partitioned_by: the query has no column {missing[0]!r}",
            hint=f"it has {', '.join(schema.column_names)}",
        )
    description = Description(content.doc, content.column_docs, content.key)
    try:
        table = catalog.load_table(content.identifier)
    except NoSuchTableError:
        catalog.create_namespace_if_not_exists(content.identifier[:-1])
        spec = spec_of(terms, schema)
        return catalog.create_table_transaction(
            content.identifier, schema, partition_spec=spec, properties=description.properties
        )
    transaction = LeanTransaction(table)
    retire(transaction, terms, staying(table.schema(), schema))
    evolve(transaction, schema)
    admit(transaction, terms)
    if not description.holds_for(table):
        transaction.set_properties(description.properties)
    return transaction


def _commit(transaction: Transaction, replacement: Replacement, identifier: Identifier) -> None:
    try:
        replacement.commit()
        transaction.commit_transaction()
    except (CommitFailedException, ValidationException, NoSuchTableError) as e:
        replacement.discard()
        raise CatalogError(
            f"{'.'.join(identifier)} was changed by somebody else while it was rebuilt: {e}",
            hint="run again when the other one is done",
        ) from e


@contextmanager
def _undone_by(undo: Callable[[], None], *, after: type[BaseException]) -> Iterator[None]:
    """Files may go only while no catalog can refer to them: after a lost answer, it might."""
    try:
        yield
    except after:
        undo()
        raise
