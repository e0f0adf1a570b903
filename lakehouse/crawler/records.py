"""What crawls did, as rows of `ops.crawls`."""

from dataclasses import asdict
from datetime import UTC

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.io.pyarrow import schema_to_pyarrow

from lakehouse.crawler.report import CrawlReport
from lakehouse.tables.creation import ensure_table
from lakehouse.tables.ops import CRAWLS, CRAWLS_SCHEMA


def record(catalog: Catalog, report: CrawlReport) -> None:
    """Enter the events of a crawl; one that has none, for nothing was new, is not entered."""
    if not report.events:
        return
    whole = {
        "crawl_id": report.crawl_id,
        "crawler": report.crawler,
        "path": report.path,
        "started_at": report.started_at.replace(tzinfo=UTC),
        "seconds": report.seconds,
        "files": report.files,
        "files_read": report.files_read,
        "bytes_read": report.bytes_read,
    }
    rows = []
    for event in report.events:
        fields = asdict(event)
        rows.append(whole | fields | {"table_name": fields.pop("table")})
    schema = schema_to_pyarrow(CRAWLS_SCHEMA, include_field_ids=False)
    table = ensure_table(catalog, CRAWLS, CRAWLS_SCHEMA)
    table.append(pa.Table.from_pylist(rows, schema=schema))
