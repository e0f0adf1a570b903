"""The tables about the lakehouse itself."""

from pyiceberg.schema import Schema
from pyiceberg.types import DoubleType, LongType, NestedField, StringType, TimestamptzType

NAMESPACE = "ops"
DELIVERIES = (NAMESPACE, "deliveries")

OBJECTS = ("ops", "objects")

OBJECTS_SCHEMA = Schema(
    NestedField(1, "stream", StringType(), required=True, doc="The delivery stream"),
    NestedField(2, "sequence", LongType(), required=True, doc="The delivery that made it, from 1"),
    NestedField(3, "folder", StringType(), required=True, doc="Where the stream's objects lie"),
    NestedField(4, "key", StringType(), required=True, doc="Its name below the folder"),
    NestedField(5, "records", LongType(), required=True, doc="Records it holds"),
    NestedField(6, "bytes", LongType(), required=True, doc="Its size, compressed"),
    NestedField(
        7, "oldest_at", TimestamptzType(), required=True, doc="When its oldest record arrived"
    ),
)

ROUTED = ("ops", "routed")

ROUTED_SCHEMA = Schema(
    NestedField(1, "stream", StringType(), required=True, doc="The delivery stream"),
    NestedField(2, "sequence", LongType(), required=True, doc="The delivery that did it, from 1"),
    NestedField(3, "table", StringType(), required=True, doc="The table it was done to"),
    NestedField(4, "inserts", LongType(), required=True, doc="Records that added a row"),
    NestedField(5, "updates", LongType(), required=True, doc="Records that replaced rows"),
    NestedField(6, "deletes", LongType(), required=True, doc="Records that removed rows"),
)

DELIVERIES_SCHEMA = Schema(
    NestedField(1, "stream", StringType(), required=True, doc="The delivery stream"),
    NestedField(2, "sequence", LongType(), required=True, doc="Its number, ingest_seq of its rows"),
    NestedField(3, "committed_at", TimestamptzType(), required=True, doc="When it was committed"),
    NestedField(
        4, "lines", LongType(), required=True, doc="Lines read: landed + rejected + dropped"
    ),
    NestedField(5, "landed", LongType(), required=True, doc="Rows it added"),
    NestedField(6, "rejected", LongType(), required=True, doc="Lines in landing.rejects"),
    NestedField(7, "snapshot_id", LongType(), doc="The snapshot that holds it; NULL: unknown"),
    NestedField(8, "dropped", LongType(), doc="Lines that the transform has dropped"),
    NestedField(9, "reasons", StringType(), doc="Rejected lines by reason, a JSON object"),
    NestedField(10, "base_sequence", LongType(), doc="The delivery that it was made on top of"),
    NestedField(11, "moves", StringType(), doc="Each log's bookmark before and after, JSON"),
    NestedField(12, "lag_bytes", LongType(), doc="Bytes of logs that waited when it was made"),
    NestedField(13, "lag_logs", LongType(), doc="Logs that they were in"),
    NestedField(
        14, "lag_seconds", DoubleType(), doc="How long ago the oldest of these was written"
    ),
)

BOOKMARK_CHANGES = (NAMESPACE, "bookmark_changes")

BOOKMARK_CHANGES_SCHEMA = Schema(
    NestedField(1, "changed_at", TimestamptzType(), required=True, doc="When"),
    NestedField(2, "changed_by", StringType(), required=True, doc="Who: user@machine"),
    NestedField(3, "stream", StringType(), required=True, doc="The delivery stream"),
    NestedField(4, "action", StringType(), required=True, doc="pause, resume, rewind or reset"),
    NestedField(
        5, "from_sequence", LongType(), required=True, doc="The highest delivery there ever was"
    ),
    NestedField(
        6,
        "to_sequence",
        LongType(),
        required=True,
        doc="The last delivery that stays; those after it, up to from_sequence, were taken back",
    ),
    NestedField(7, "rows_removed", LongType(), required=True, doc="Rows taken back"),
    NestedField(8, "rejects_removed", LongType(), required=True, doc="Rejects taken back"),
)

MAINTENANCE = (NAMESPACE, "maintenance")

MAINTENANCE_SCHEMA = Schema(
    NestedField(1, "run_id", StringType(), required=True, doc="The run of maintenance"),
    NestedField(2, "table", StringType(), required=True, doc="namespace.table"),
    NestedField(
        3, "action", StringType(), required=True, doc="compact, manifests, expire, orphans"
    ),
    NestedField(4, "started_at", TimestamptzType(), required=True, doc="When it began"),
    NestedField(5, "seconds", DoubleType(), required=True, doc="How long it took"),
    NestedField(6, "reason", StringType(), required=True, doc="Why it was worth it"),
    NestedField(7, "files_before", LongType(), required=True, doc="Files it dealt with, before"),
    NestedField(8, "files_after", LongType(), required=True, doc="What became of them"),
    NestedField(9, "bytes_before", LongType(), required=True, doc="Bytes of the files before"),
    NestedField(10, "bytes_after", LongType(), required=True, doc="Bytes of the files after"),
    NestedField(11, "snapshots_before", LongType(), required=True, doc="Snapshots of the table"),
    NestedField(12, "snapshots_after", LongType(), required=True, doc="Snapshots left"),
    NestedField(13, "snapshot_before", LongType(), doc="The table's snapshot before"),
    NestedField(14, "snapshot_after", LongType(), doc="The table's snapshot after"),
)

PUBLICATIONS = (NAMESPACE, "publications")

PUBLICATIONS_SCHEMA = Schema(
    NestedField(1, "publication_id", LongType(), required=True, doc="Its number, from 1"),
    NestedField(2, "published_at", TimestamptzType(), required=True, doc="When it was published"),
    NestedField(3, "table_name", StringType(), required=True, doc="The table and its namespace"),
    NestedField(4, "snapshot_before", LongType(), doc="Its snapshot until then; null: none"),
    NestedField(5, "snapshot_id", LongType(), doc="Its snapshot since; null: dropped"),
    NestedField(6, "row_count", LongType(), doc="Its rows since; null: dropped"),
    NestedField(7, "run", StringType(), required=True, doc="The dbt invocation that built it"),
)

QUERY_EXECUTIONS = (NAMESPACE, "query_executions")

QUERY_EXECUTIONS_SCHEMA = Schema(
    NestedField(1, "id", StringType(), required=True, doc="The query execution, a UUID"),
    NestedField(2, "submitted_at", TimestamptzType(), required=True, doc="When it was submitted"),
    NestedField(3, "started_at", TimestamptzType(), doc="When it began to run; null: never"),
    NestedField(4, "ended_at", TimestamptzType(), required=True, doc="When it ended"),
    NestedField(5, "state", StringType(), required=True, doc="SUCCEEDED, FAILED or CANCELLED"),
    NestedField(6, "workgroup", StringType(), required=True, doc="The workgroup it ran in"),
    NestedField(7, "dialect", StringType(), required=True, doc="athena or duckdb"),
    NestedField(8, "database", StringType(), required=True, doc="What a bare table name means"),
    NestedField(9, "kind", StringType(), required=True, doc="DML, DDL or UTILITY"),
    NestedField(10, "sql", StringType(), required=True, doc="The text of the statement"),
    NestedField(11, "parameters", StringType(), required=True, doc="Its parameters, a JSON list"),
    NestedField(12, "bytes_scanned", LongType(), required=True, doc="Bytes of column chunks"),
    NestedField(13, "files_scanned", LongType(), required=True, doc="Files they lie in"),
    NestedField(14, "row_count", LongType(), doc="Rows answered or written"),
    NestedField(15, "tables", StringType(), required=True, doc="Tables read, with snapshots, JSON"),
    NestedField(16, "views", StringType(), required=True, doc="Views read, a JSON list"),
    NestedField(17, "error_code", StringType(), doc="Athena's code of its error"),
    NestedField(18, "error", StringType(), doc="What the error says"),
    NestedField(19, "result_id", StringType(), doc="Whose result it has; another's: used again"),
    NestedField(20, "cost", DoubleType(), required=True, doc="Dollars that Athena would charge"),
)

CRAWLS = (NAMESPACE, "crawls")

CRAWLS_SCHEMA = Schema(
    NestedField(1, "crawl_id", StringType(), required=True, doc="The crawl, a UUID"),
    NestedField(2, "crawler", StringType(), required=True, doc="Its name, or the path crawled"),
    NestedField(3, "path", StringType(), required=True, doc="The folder it looked through"),
    NestedField(4, "started_at", TimestamptzType(), required=True, doc="When it began"),
    NestedField(5, "seconds", DoubleType(), required=True, doc="How long it took"),
    NestedField(6, "files", LongType(), required=True, doc="Files it listed"),
    NestedField(7, "files_read", LongType(), required=True, doc="Files it opened"),
    NestedField(8, "bytes_read", LongType(), required=True, doc="Bytes it read of them"),
    NestedField(
        9,
        "action",
        StringType(),
        required=True,
        doc="created, updated, partitions, deprecated, deleted, landed, logged, refused, noted, "
        "unclassified, unreadable or vanished",
    ),
    NestedField(10, "table_name", StringType(), doc="The table it is about; null: a file"),
    NestedField(11, "file", StringType(), doc="The file it is about, below the path"),
    NestedField(12, "reason", StringType(), required=True, doc="What changed, or why"),
)
