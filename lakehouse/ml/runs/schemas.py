"""The tables of the runs. Rows are only ever appended."""

from pyiceberg.schema import Schema
from pyiceberg.types import (
    DoubleType,
    LongType,
    NestedField,
    StringType,
    TimestampType,
)

RUNS = ("ml", "runs")
METRICS = ("ml", "metrics")
REGISTRY = ("ml", "registry")

RUNS_SCHEMA = Schema(
    NestedField(1, "run_id", StringType(), required=True, doc="Task, start and four letters"),
    NestedField(2, "task", StringType(), required=True, doc="What was asked for"),
    NestedField(3, "status", StringType(), required=True, doc="finished or failed"),
    NestedField(4, "started_at", TimestampType(), required=True, doc="UTC"),
    NestedField(5, "seconds", DoubleType(), required=True, doc="How long it took"),
    NestedField(6, "seed", LongType(), required=True, doc="Of everything random in it"),
    NestedField(7, "parameters", StringType(), required=True, doc="JSON"),
    NestedField(8, "inputs", StringType(), required=True, doc="JSON: table and snapshot_id"),
    NestedField(9, "outputs", StringType(), required=True, doc="JSON: table to snapshot_id"),
    NestedField(10, "code_version", StringType(), required=True, doc="Version and source hash"),
    NestedField(11, "libraries", StringType(), required=True, doc="JSON: name to version"),
    NestedField(12, "artifact", StringType(), doc="The model file, relative to the home's models"),
    NestedField(13, "artifact_sha256", StringType(), doc="Its hash"),
    NestedField(14, "error", StringType(), doc="What a failed run said"),
    NestedField(15, "as_of", TimestampType(), doc="UTC; lines dated later were left out"),
    NestedField(16, "last_order_line_id", LongType(), doc="The last order line that was read"),
)

METRICS_SCHEMA = Schema(
    NestedField(1, "run_id", StringType(), required=True, doc="The run it judges"),
    NestedField(2, "task", StringType(), required=True, doc="The task of the run"),
    NestedField(3, "model", StringType(), required=True, doc="The model judged"),
    NestedField(4, "slice", StringType(), required=True, doc="On what: window, level, scope"),
    NestedField(5, "name", StringType(), required=True, doc="ndcg, wape, mae, ..."),
    NestedField(6, "value", DoubleType(), required=True, doc="The measured value"),
    NestedField(7, "low", DoubleType(), doc="Lower end of its 95 % interval"),
    NestedField(8, "high", DoubleType(), doc="Upper end of its 95 % interval"),
    NestedField(9, "baseline", StringType(), doc="What it is compared with"),
    NestedField(10, "baseline_value", DoubleType(), doc="What that scores on the same data"),
)

REGISTRY_SCHEMA = Schema(
    NestedField(1, "task", StringType(), required=True, doc="The task the model is for"),
    NestedField(2, "version", LongType(), required=True, doc="Counts the task's models from 1"),
    NestedField(3, "run_id", StringType(), required=True, doc="The run that made it"),
    NestedField(4, "event", StringType(), required=True, doc="registered, promoted or withdrawn"),
    NestedField(5, "at", TimestampType(), required=True, doc="UTC"),
    NestedField(6, "reason", StringType(), required=True, doc="Why"),
)
