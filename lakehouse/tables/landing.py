"""The landing tables: what records become, and what becomes of a bad one."""

from collections.abc import Collection
from dataclasses import dataclass

from pyiceberg.partitioning import (
    PARTITION_FIELD_ID_START,
    UNPARTITIONED_PARTITION_SPEC,
    PartitionField,
    PartitionSpec,
)
from pyiceberg.schema import Schema
from pyiceberg.transforms import DayTransform, MonthTransform
from pyiceberg.types import (
    DecimalType,
    IntegerType,
    LongType,
    NestedField,
    StringType,
    TimestampType,
)

from lakehouse.tables.parquet_layout import Encodings

NAMESPACE = "landing"
ORDER_LINES = (NAMESPACE, "order_lines")
ACCESS_LOGS = (NAMESPACE, "access_logs")
REJECTS = (NAMESPACE, "rejects")


@dataclass(frozen=True)
class LandingTable:
    """A table that a stream writes, as it is when it is made, and how its columns are stored.

    Which are `counters`, `runs` and `scattered`: see `lakehouse.tables.parquet_layout.Encodings`.
    """

    identifier: tuple[str, str]
    schema: Schema
    spec: PartitionSpec = UNPARTITIONED_PARTITION_SPEC
    counters: Collection[str] = ("record_id", "source_line")
    runs: Collection[str] = ()
    scattered: Collection[str] = ()

    @property
    def encodings(self) -> Encodings:
        """How its columns are stored."""
        return Encodings(self.counters, self.runs, self.scattered)


def lineage_fields(first_id: int) -> tuple[NestedField, ...]:
    """The columns that every landing table ends with: where a row came from."""
    columns = (
        ("record_id", LongType(), "Position in the whole stream, from 1"),
        ("source_file", StringType(), "The log the line stood in"),
        ("source_line", LongType(), "Its line there; a header is 1"),
        ("ingest_seq", LongType(), "The delivery that landed it, from 1"),
    )
    return tuple(
        NestedField(number, name, type_, required=True, doc=doc)
        for number, (name, type_, doc) in enumerate(columns, first_id)
    )


ORDER_LINES_SCHEMA = Schema(
    NestedField(1, "invoice_no", StringType(), required=True, doc="C... cancels, A... adjusts"),
    NestedField(2, "stock_code", StringType(), required=True, doc="As logged, case kept"),
    NestedField(3, "description", StringType(), doc="As logged; empty is NULL"),
    NestedField(4, "quantity", LongType(), required=True, doc="Units; negative on returns"),
    NestedField(5, "invoice_date", TimestampType(), required=True, doc="UTC"),
    NestedField(6, "unit_price", DecimalType(18, 4), required=True, doc="Pounds sterling a unit"),
    NestedField(7, "customer_id", StringType(), doc="Digits only; NULL when not logged in"),
    NestedField(8, "country", StringType(), doc="Where the customer lives, as logged"),
    *lineage_fields(9),
)

ORDER_LINES_PARTITIONS = PartitionSpec(
    PartitionField(5, PARTITION_FIELD_ID_START, MonthTransform(), "invoice_month"),
)

ORDER_LINES_TABLE = LandingTable(
    ORDER_LINES,
    ORDER_LINES_SCHEMA,
    ORDER_LINES_PARTITIONS,
    runs=("invoice_no", "invoice_date"),
    scattered=("stock_code", "description", "customer_id", "country"),
)

ACCESS_LOGS_SCHEMA = Schema(
    NestedField(1, "client_ip", StringType(), required=True, doc="IPv4, IPv6 or a host name"),
    NestedField(2, "user_id", StringType(), doc="As authenticated; NULL when not logged in"),
    NestedField(3, "requested_at", TimestampType(), required=True, doc="UTC"),
    NestedField(4, "method", StringType(), required=True, doc="Such as GET"),
    NestedField(5, "path", StringType(), required=True, doc="With its query, as it was sent"),
    NestedField(6, "protocol", StringType(), required=True, doc="Such as HTTP/1.1"),
    NestedField(7, "status", IntegerType(), required=True, doc="Of the answer, 100 to 599"),
    NestedField(8, "response_bytes", LongType(), doc="Without headers; NULL when logged as -"),
    NestedField(9, "referrer", StringType(), doc="NULL when logged as -, or not logged"),
    NestedField(10, "user_agent", StringType(), doc="NULL when logged as -, or not logged"),
    *lineage_fields(11),
)

ACCESS_LOGS_TABLE = LandingTable(
    ACCESS_LOGS,
    ACCESS_LOGS_SCHEMA,
    PartitionSpec(
        PartitionField(3, PARTITION_FIELD_ID_START, DayTransform(), "requested_day"),
    ),
    runs=("requested_at",),
    scattered=("client_ip", "user_id", "method", "path", "protocol", "referrer", "user_agent"),
)

REJECTS_SCHEMA = Schema(
    NestedField(1, "stream", StringType(), required=True, doc="The delivery stream"),
    NestedField(
        2, "record_id", LongType(), required=True, doc="Position in the whole stream, from 1"
    ),
    NestedField(3, "source_file", StringType(), required=True, doc="The log the line stood in"),
    NestedField(4, "source_line", LongType(), required=True, doc="Its line there; the header is 1"),
    NestedField(5, "ingest_seq", LongType(), required=True, doc="The delivery that read it"),
    NestedField(
        6, "reason", StringType(), required=True, doc="What is wrong, one of a closed list"
    ),
    NestedField(7, "detail", StringType(), required=True, doc="Which column, which value"),
    NestedField(
        8, "raw", StringType(), required=True, doc="The line; bytes that are no UTF-8 as \\xNN"
    ),
)
