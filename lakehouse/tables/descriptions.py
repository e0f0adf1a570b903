"""What tables and columns mean, kept where every engine finds it: in the table's metadata."""

from collections.abc import Mapping
from typing import Final

from pyiceberg.catalog import Catalog
from pyiceberg.typedef import Identifier

COMMENT: Final = "comment"  # the table property that Spark, Trino and Glue show


def describe_table(
    catalog: Catalog, identifier: Identifier, doc: str, column_docs: Mapping[str, str]
) -> None:
    """Give a table and its columns these descriptions, in one commit, or none if they have them.

    Columns without one lose theirs. Raises pyiceberg's CommitFailedException on a conflict.
    """
    table = catalog.load_table(identifier)
    stale = [
        (field.name, wanted)
        for field in table.schema().fields
        if (wanted := column_docs.get(field.name, "")) != (field.doc or "")
    ]
    if not stale and table.properties.get(COMMENT, "") == doc:
        return
    with table.transaction() as transaction:
        with transaction.update_schema() as update:
            for name, wanted in stale:
                update.update_column((name,), doc=wanted)
        transaction.set_properties({COMMENT: doc})
