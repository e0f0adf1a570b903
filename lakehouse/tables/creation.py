"""Tables that are made when they are first needed."""

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table


def ensure_table(
    catalog: Catalog,
    identifier: tuple[str, str],
    schema: Schema,
    spec: PartitionSpec = UNPARTITIONED_PARTITION_SPEC,
) -> Table:
    """The table, created when the catalog does not have it."""
    # Looked for first: PyIceberg writes a table's metadata before it finds that there is one.
    try:
        return catalog.load_table(identifier)
    except (NoSuchTableError, NoSuchNamespaceError):
        catalog.create_namespace_if_not_exists(identifier[0])
        return catalog.create_table_if_not_exists(identifier, schema, partition_spec=spec)
