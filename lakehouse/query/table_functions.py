"""Which of DuckDB's table functions a session may call.

Most of them read what a session may read anyway. The others change the engine for all that
follows, write files that containment does not see (logs, profiles), follow raw pointers, run SQL
out of a string, or show what a service answered, which may hold its keys.
"""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from lakehouse.errors import QueryError

OPEN: Final = frozenset({
    "duckdb_approx_database_count", "duckdb_columns", "duckdb_connection_count",
    "duckdb_constraints", "duckdb_coordinate_systems", "duckdb_databases", "duckdb_dependencies",
    "duckdb_extensions", "duckdb_external_file_cache", "duckdb_functions", "duckdb_indexes",
    "duckdb_keywords", "duckdb_memory", "duckdb_optimizers", "duckdb_prepared_statements",
    "duckdb_schemas", "duckdb_secret_types", "duckdb_sequences", "duckdb_settings",
    "duckdb_table_sample", "duckdb_tables", "duckdb_temporary_files", "duckdb_types",
    "duckdb_variables", "duckdb_views", "generate_series", "glob", "iceberg_column_stats",
    "iceberg_metadata", "iceberg_partition_stats", "iceberg_scan", "iceberg_schema_properties",
    "iceberg_snapshots", "iceberg_table_properties", "icu_calendar_names", "json_each",
    "json_tree", "parquet_bloom_probe", "parquet_file_metadata", "parquet_full_metadata",
    "parquet_kv_metadata", "parquet_metadata", "parquet_scan", "parquet_schema",
    "pg_timezone_names", "pragma_collations", "pragma_database_size", "pragma_metadata_info",
    "pragma_platform", "pragma_show", "pragma_storage_info", "pragma_table_info",
    "pragma_user_agent", "pragma_version", "range", "read_avro", "read_blob", "read_csv",
    "read_csv_auto", "read_json", "read_json_auto", "read_json_objects", "read_json_objects_auto",
    "read_ndjson", "read_ndjson_auto", "read_ndjson_objects", "read_parquet", "read_text",
    "repeat", "repeat_row", "sniff_csv", "summary", "test_all_types", "test_vector_types",
    "unnest",
})  # fmt: skip
CLOSED: Final = frozenset({
    "arrow_scan", "arrow_scan_dumb", "checkpoint", "disable_logging", "disable_profiling",
    "duckdb_log_contexts", "duckdb_logs", "duckdb_secrets", "enable_logging", "enable_profiling",
    "force_checkpoint", "iceberg_load_table_response", "iceberg_to_ducklake",
    "json_execute_serialized_sql", "pandas_scan", "python_map_function", "query", "query_table",
    "read_duckdb", "remove_iceberg_schema_properties", "remove_iceberg_table_properties",
    "seq_scan", "set_iceberg_schema_properties", "set_iceberg_table_properties",
    "truncate_duckdb_logs", "which_secret",
})  # fmt: skip

# Letters around a name may be spaces to DuckDB that its tokenizer does not know (U+00A0, U+200B).
_WORD: Final = re.compile(r"[a-z0-9_]+")


def refuse_closed(tokens: Iterable[str]) -> None:
    """Refuse a statement that calls a closed function; a token is its text and the space behind.

    Raises QueryError. A name before a parenthesis counts as a call, whatever it is in the grammar.
    """
    for token, following in pairwise(tokens):
        if not following.startswith("("):
            continue
        words = _WORD.findall(re.split(r"--|/\*", token)[0].lower())
        if words and words[-1] in CLOSED:
            raise QueryError(
                f"{words[-1]}() is not allowed",
                hint="it reaches past the tables, or changes the engine; "
                "set limits in lakehouse.toml",
            )
