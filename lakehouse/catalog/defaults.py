"""What every table of this project starts with, whoever creates it."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import CreateTableTransaction, Table
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER, SortOrder
from pyiceberg.typedef import EMPTY_DICT, Identifier

# A schema of PyIceberg's or of pyarrow's, which has no types.
AnySchema: TypeAlias = Schema | Any

# format-version is consumed on creation and never stored: it only decides the metadata's class.
FORMAT_VERSION: Final = {"format-version": "2"}

TABLE_DEFAULTS: Final = {
    "write.parquet.compression-codec": "zstd",
    # Merged manifests: planning after 300 commits took 808 ms without, 36 ms with.
    "commit.manifest-merge.enabled": "true",
    "write.metadata.delete-after-commit.enabled": "true",
    # PyIceberg's retries don't wait in line: who has lost waits longer than who has won, and with
    # 20 retries of up to 1 s one of four writers gave up within 50 commits. Many short waits give
    # each its turn.
    "commit.retry.num-retries": "200",
    "commit.retry.min-wait-ms": "20",
    "commit.retry.max-wait-ms": "200",
}


def with_table_defaults(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties a new table gets: those given, and the defaults for the rest."""
    return {**FORMAT_VERSION, **TABLE_DEFAULTS, **properties}


class DefaultingCatalog:
    """Mixed in before a PyIceberg catalog: what it creates carries the table defaults."""

    def create_table(  # noqa: PLR0913, PLR0917 - PyIceberg's signature
        self,
        identifier: str | Identifier,
        schema: AnySchema,
        location: str | None = None,
        partition_spec: PartitionSpec = UNPARTITIONED_PARTITION_SPEC,
        sort_order: SortOrder = UNSORTED_SORT_ORDER,
        properties: Mapping[str, Any] = EMPTY_DICT,
    ) -> Table:
        """As PyIceberg's, with the table defaults."""
        given = with_table_defaults(properties)
        table: Table = super().create_table(  # type: ignore[misc]
            identifier, schema, location, partition_spec, sort_order, given
        )
        return table

    def create_table_transaction(  # noqa: PLR0913, PLR0917 - PyIceberg's signature
        self,
        identifier: str | Identifier,
        schema: AnySchema,
        location: str | None = None,
        partition_spec: PartitionSpec = UNPARTITIONED_PARTITION_SPEC,
        sort_order: SortOrder = UNSORTED_SORT_ORDER,
        properties: Mapping[str, Any] = EMPTY_DICT,
    ) -> CreateTableTransaction:
        """As PyIceberg's, with the table defaults."""
        given = with_table_defaults(properties)
        transaction: CreateTableTransaction = super().create_table_transaction(  # type: ignore[misc]
            identifier, schema, location, partition_spec, sort_order, given
        )
        return transaction
