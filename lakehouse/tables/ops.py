"""The tables about the lakehouse itself."""

from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField, StringType, TimestamptzType

DELIVERIES = ("ops", "deliveries")

DELIVERIES_SCHEMA = Schema(
    NestedField(1, "stream", StringType(), required=True, doc="The delivery stream"),
    NestedField(2, "sequence", LongType(), required=True, doc="Its number, ingest_seq of its rows"),
    NestedField(3, "committed_at", TimestamptzType(), required=True, doc="When it was committed"),
    NestedField(4, "lines", LongType(), required=True, doc="Lines read: landed + rejected"),
    NestedField(5, "landed", LongType(), required=True, doc="Rows it added"),
    NestedField(6, "rejected", LongType(), required=True, doc="Lines in landing.rejects"),
    NestedField(7, "snapshot_id", LongType(), required=True, doc="The snapshot that holds it"),
)
