"""What tables and columns mean, kept where every engine finds it: in the table's metadata."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pyiceberg.catalog import Catalog
from pyiceberg.table import Table
from pyiceberg.typedef import Identifier

KEY: Final = "lakehouse.key"  # which columns tell its rows apart, as a JSON array
COMMENT: Final = "comment"  # the table property that Spark, Trino and Glue show


@dataclass(frozen=True)
class Description:
    """What a table is: a sentence, what each column means, and which columns are its key."""

    doc: str = ""
    column_docs: Mapping[str, str] = field(default_factory=dict)
    key: Sequence[str] = ()

    @property
    def properties(self) -> dict[str, str]:
        """The part of it that is table properties."""
        return {COMMENT: self.doc, KEY: json.dumps(list(self.key))}

    def holds_for(self, table: Table) -> bool:
        """Whether the table's properties say so already; one without a key need not say so."""
        return table.properties.get(COMMENT, "") == self.doc and key_of(table) == tuple(self.key)


def key_of(table: Table) -> tuple[str, ...]:
    """The columns that tell the rows of a table apart; none when it does not say."""
    return tuple(json.loads(table.properties.get(KEY, "[]")))


def describe_table(catalog: Catalog, identifier: Identifier, wanted: Description) -> None:
    """Give a table and its columns this description, in one commit, or none if they have it.

    Columns without one lose theirs. Raises pyiceberg's CommitFailedException on a conflict.
    """
    table = catalog.load_table(identifier)
    stale = [
        (column.name, doc)
        for column in table.schema().fields
        if (doc := wanted.column_docs.get(column.name, "")) != (column.doc or "")
    ]
    if not stale and wanted.holds_for(table):
        return
    with table.transaction() as transaction:
        with transaction.update_schema() as update:
            for name, doc in stale:
                update.update_column((name,), doc=doc)
        transaction.set_properties(wanted.properties)
