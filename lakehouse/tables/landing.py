"""The landing tables: what a record of an order log becomes, and what becomes of a bad one."""

from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import MonthTransform
from pyiceberg.types import (
    DecimalType,
    LongType,
    NestedField,
    StringType,
    TimestampType,
)

NAMESPACE = "landing"
ORDER_LINES = (NAMESPACE, "order_lines")
REJECTS = (NAMESPACE, "rejects")

ORDER_LINES_SCHEMA = Schema(
    NestedField(1, "invoice_no", StringType(), required=True, doc="C... cancels, A... adjusts"),
    NestedField(2, "stock_code", StringType(), required=True, doc="As logged, case kept"),
    NestedField(3, "description", StringType(), doc="As logged; empty is NULL"),
    NestedField(4, "quantity", LongType(), required=True, doc="Units; negative on returns"),
    NestedField(5, "invoice_date", TimestampType(), required=True, doc="UTC"),
    NestedField(6, "unit_price", DecimalType(18, 4), required=True, doc="Pounds sterling a unit"),
    NestedField(7, "customer_id", StringType(), doc="Digits only; NULL when not logged in"),
    NestedField(8, "country", StringType(), doc="Where the customer lives, as logged"),
    NestedField(
        9, "record_id", LongType(), required=True, doc="Position in the whole stream, from 1"
    ),
    NestedField(10, "source_file", StringType(), required=True, doc="The log the line stood in"),
    NestedField(
        11, "source_line", LongType(), required=True, doc="Its line there; the header is 1"
    ),
    NestedField(
        12, "ingest_seq", LongType(), required=True, doc="The delivery that landed it, from 1"
    ),
)

ORDER_LINES_PARTITIONS = PartitionSpec(
    PartitionField(5, 1000, MonthTransform(), "invoice_month"),
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
