"""The specification's LoadTableResult."""

import gzip
import json

from pyiceberg.catalog import Catalog
from pyiceberg.io import load_file_io
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.typedef import Identifier
from starlette.responses import Response

from lakehouse.catalog.rest.storage import storage_config
from lakehouse.catalog.sql import LakeSqlCatalog


def stored_table(catalog: Catalog, identifier: Identifier) -> Response:
    """A table as it stands in the catalog.

    The metadata file goes to the client as it lies there: to parse it and write it again took
    five times as long (150 snapshots: 11.5 ms a request against 2 ms).
    """
    if not isinstance(catalog, LakeSqlCatalog):
        table = catalog.load_table(identifier)
        return described_table(catalog, table.metadata, table.metadata_location)
    location = catalog.metadata_location(identifier)
    with load_file_io(catalog.properties, location).new_input(location).open() as file:
        document = file.read()
    if location.endswith(".gz.metadata.json"):
        document = gzip.decompress(document)
    # The metadata lies in <location>/metadata or elsewhere; either way on the same storage.
    return _result(catalog, document, location, location)


def described_table(
    catalog: Catalog, metadata: TableMetadata, metadata_location: str | None
) -> Response:
    """A table that was just made, staged or committed to."""
    document = metadata.model_dump_json(exclude_none=True, by_alias=True).encode()
    return _result(catalog, document, metadata_location, metadata.location)


def _result(catalog: Catalog, metadata: bytes, at: str | None, storage: str) -> Response:
    config = json.dumps(storage_config(catalog.properties, storage)).encode()
    location = json.dumps(at).encode()
    body = b'{"metadata-location":%b,"metadata":%b,"config":%b}' % (location, metadata, config)
    return Response(body, media_type="application/json")
