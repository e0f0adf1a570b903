"""Which files the snapshots of a table lead to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pyiceberg.io import FileIO
from pyiceberg.manifest import ManifestFile
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Snapshot

from lakehouse.catalog.locations import path_of


@dataclass(frozen=True)
class Reached:
    """Files by location, as `plain` has it, with their bytes where a manifest tells them."""

    lists: Mapping[str, int] = field(default_factory=dict)
    manifests: Mapping[str, ManifestFile] = field(default_factory=dict)

    def without(self, other: "Reached") -> "Reached":
        """What `other` does not reach."""
        return Reached(
            {k: v for k, v in self.lists.items() if k not in other.lists},
            {k: v for k, v in self.manifests.items() if k not in other.manifests},
        )

    def data(self, io: FileIO) -> dict[str, int]:
        """The data and delete files that are live in the manifests."""
        return {
            plain(entry.data_file.file_path): entry.data_file.file_size_in_bytes
            for manifest in self.manifests.values()
            for entry in manifest.fetch_manifest_entry(io, discard_deleted=True)
        }

    def metadata(self) -> dict[str, int]:
        """Manifest lists and manifests; nobody tells how long a manifest list is."""
        return {**self.lists, **{k: m.manifest_length for k, m in self.manifests.items()}}


def reached_from(snapshots: Iterable[Snapshot], io: FileIO) -> Reached:
    """The manifest lists and manifests of the snapshots. Raises FileNotFoundError for lost ones."""
    lists: dict[str, int] = {}
    manifests: dict[str, ManifestFile] = {}
    for snapshot in snapshots:
        lists[plain(snapshot.manifest_list)] = 0
        manifests.update((plain(each.manifest_path), each) for each in snapshot.manifests(io))
    return Reached(lists, manifests)


def reachable(metadata: TableMetadata, metadata_location: str, io: FileIO) -> set[str]:
    """Every file that belongs to the table, as `plain` has them."""
    reached = reached_from(metadata.snapshots, io)
    statistics = (*metadata.statistics, *metadata.partition_statistics)
    return {
        plain(metadata_location),
        *(plain(entry.metadata_file) for entry in metadata.metadata_log),
        *(plain(each.statistics_path) for each in statistics),
        *reached.metadata(),
        *reached.data(io),
    }


def plain(location: str) -> str:
    """A location in one spelling: a path on this machine, `s3://` for all names of S3."""
    if path := path_of(location):
        return str(path)
    scheme, separator, rest = location.partition("://")
    return f"s3://{rest}" if separator and scheme in {"s3a", "s3n"} else location
