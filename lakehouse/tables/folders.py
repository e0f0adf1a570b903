"""A folder of its own below a table's data, where DuckDB writes and PyIceberg adopts."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

from duckdb import DuckDBPyConnection
from pyiceberg.io import FileIO
from pyiceberg.table.locations import load_location_provider
from pyiceberg.table.metadata import TableMetadata

from lakehouse.catalog.durability import make_folder, sync_files
from lakehouse.catalog.locations import path_of
from lakehouse.catalog.rest.storage import storage_config
from lakehouse.quoting import identifier, literal


@dataclass(frozen=True)
class Folder:
    """Where the files of one change go, apart from all others, so that it is undone whole."""

    location: str
    connection: DuckDBPyConnection
    io: FileIO

    @property
    def target(self) -> str:
        """What DuckDB calls it: a path on this machine, else the location."""
        return str(path_of(self.location) or self.location)

    def prepare(self) -> None:
        """Make it, where folders are made; an object store has none."""
        if path := path_of(self.location):
            make_folder(path)

    def sync(self) -> None:
        """Wait until everything in it is on the disk, its own name included; stores do that."""
        if path := path_of(self.location):
            sync_files((path, *path.rglob("*")))

    def remove(self) -> None:
        """Delete everything in it."""
        if path := path_of(self.location):
            shutil.rmtree(path, ignore_errors=True)
            return
        # Locations in an object store have no characters that mean something in a pattern.
        found = self.connection.execute("from glob(?)", [f"{self.target}/**"]).fetchall()
        for (file,) in found:
            self.io.delete(file)


@contextmanager
def new_folder(
    connection: DuckDBPyConnection, io: FileIO, metadata: TableMetadata
) -> Iterator[Folder]:
    """A folder for new files of the table, where its properties want them.

    While the block lasts, DuckDB has the keys for it that the catalog gives its clients.
    """
    locations = load_location_provider(metadata.location, metadata.properties)
    name = str(uuid4())
    folder = Folder(locations.new_data_location(name), connection, io)
    keys = storage_config(io.properties, folder.location)
    if not keys:
        yield folder
        return
    secret = identifier(f"folder_{name}")
    connection.execute(f"create temporary secret {secret} ({_secret(keys, folder.location)})")
    try:
        yield folder
    finally:
        connection.execute(f"drop temporary secret {secret}")


def _secret(keys: Mapping[str, str], scope: str) -> str:
    names = {
        "key_id": "s3.access-key-id",
        "secret": "s3.secret-access-key",
        "session_token": "s3.session-token",
        "region": "client.region",
    }
    options = {option: keys[name] for option, name in names.items() if name in keys}
    if endpoint := keys.get("s3.endpoint"):
        url = urlsplit(endpoint)
        options |= {"endpoint": url.netloc, "url_style": "path"}
        options["use_ssl"] = str(url.scheme == "https").lower()
    options["scope"] = scope
    return ", ".join(["type s3", *(f"{name} {literal(text)}" for name, text in options.items())])
