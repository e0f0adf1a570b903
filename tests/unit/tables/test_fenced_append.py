"""What a table is made of after many commits of a stream."""

import pyarrow as pa
import pytest
from pyiceberg.catalog import Catalog
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.types import LongType, NestedField

from lakehouse.catalog import open_catalog
from lakehouse.config import Settings
from lakehouse.tables import fenced_append
from lakehouse.tables.arrow_files import write_data_files
from lakehouse.tables.fenced_append import Append, append_fenced


@pytest.fixture
def catalog(settings: Settings) -> Catalog:
    return open_catalog(settings)


def made_of(table: Table) -> list[int]:
    """How many files there are in each manifest, the newest first."""
    snapshot = table.refresh().current_snapshot()
    assert snapshot
    return [
        len(manifest.fetch_manifest_entry(table.io)) for manifest in snapshot.manifests(table.io)
    ]


def test_a_long_manifest_is_not_written_again(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each commit brings a file; two manifests are merged, and left alone once they have three."""
    monkeypatch.setattr(fenced_append, "_LONG_MANIFEST", 3)
    catalog.create_namespace("n")
    table = catalog.create_table(
        "n.t",
        Schema(NestedField(1, "a", LongType())),
        properties={"commit.manifest.min-count-to-merge": "2"},
    )
    seen = []
    for number in range(1, 8):
        files = write_data_files(table, pa.table({"a": [number]}), "f")
        base = str(number - 1) if number > 1 else None
        append_fenced(Append(table, files, "s", base, str(number), number))
        seen.append(made_of(table))
    assert seen == [[1], [2], [3], [1, 3], [2, 3], [3, 3], [1, 3, 3]]
    assert sorted(table.scan().to_arrow()["a"].to_pylist()) == [1, 2, 3, 4, 5, 6, 7]
