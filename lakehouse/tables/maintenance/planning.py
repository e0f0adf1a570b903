"""Which files are worth rewriting, and why."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyiceberg.manifest import DataFileContent, FileFormat
from pyiceberg.table.metadata import TableMetadata

from lakehouse.tables.maintenance.inventory import Inventory, LiveFile, Place

# As in Iceberg's RewriteDataFiles: from three quarters of its target a file is large enough.
_LARGE_ENOUGH = 0.75
# Fewer small files than this may stay in a partition.
_FEWEST = 5
# To rewrite less than this is cheap, however often; a larger file waits for as much beside it.
_CHEAP_BYTES = 16 << 20
# A file is rewritten when deletes take this share of its rows.
_DELETE_SHARE = 0.1
# More delete files than this on one data file are read with every query.
_MOST_DELETES = 4
# One rewrite reads no more than this, in multiples of the target.
_TARGETS_AT_ONCE = 4
_READABLE = {FileFormat.PARQUET, FileFormat.ORC}


@dataclass(frozen=True)
class Group:
    """Files to be rewritten together, in the order their rows arrived."""

    files: tuple[LiveFile, ...]
    reasons: Mapping[str, int]  # how many of the files for which reason

    @property
    def bytes(self) -> int:
        """What is read."""
        return sum(live.file.file_size_in_bytes for live in self.files)


def plan(
    metadata: TableMetadata,
    inventory: Inventory,
    file_size: int,
    *,
    full: bool = False,
    order_id: int | None = None,
) -> list[Group]:
    """The groups of files that are worth rewriting to files of `file_size` bytes.

    `full` takes every file that could be better, whatever it costs. `order_id` is that of the
    order that the rows of each file are to have.
    """
    readable = [live for live in inventory.files if live.file.file_format in _READABLE]
    old = [live for live in readable if live.file.spec_id != metadata.default_spec_id]
    places: dict[Place, list[LiveFile]] = defaultdict(list)
    for live in readable:
        if live.file.spec_id == metadata.default_spec_id:
            places[live.place].append(live)
    groups = list(_parted(old, file_size, {"files of an old partitioning": len(old)}))
    for files in places.values():
        groups += _Partition(files, file_size, order_id).groups(full=full)
    return groups


class _Partition:
    """The files of one partition."""

    def __init__(self, files: Sequence[LiveFile], file_size: int, order_id: int | None) -> None:
        self._files = files
        self._target = file_size
        self._order_id = order_id

    def groups(self, *, full: bool) -> Iterator[Group]:
        """What of it is worth rewriting."""
        deleted = [live for live in self._files if self._spoilt(live, full=full)]
        mixed = [each for each in self._files if each not in deleted and self._mixed(each, full)]
        rest = [live for live in self._files if live not in {*deleted, *mixed}]
        small = self._small(rest, full=full)
        # What has to be rewritten for its deletes takes its small neighbours along.
        if deleted and len(small) < _FEWEST:
            small = [live for live in rest if self._is_small(live)]
        chosen = {*deleted, *mixed, *small}
        reasons = {
            "files with deleted rows": len(deleted),
            "files out of order": len(mixed),
            "small files": len(small),
        }
        wanted = {reason: count for reason, count in reasons.items() if count}
        yield from _parted(chosen, self._target, wanted)

    def _spoilt(self, live: LiveFile, *, full: bool) -> bool:
        if not live.deletes:
            return False
        # Polars and PyIceberg can't read a table that has equality deletes.
        if full or any(d.content == DataFileContent.EQUALITY_DELETES for d in live.deletes):
            return True
        share = sum(d.record_count for d in live.deletes) / max(live.file.record_count, 1)
        return share >= _DELETE_SHARE or len(live.deletes) > _MOST_DELETES

    def _mixed(self, live: LiveFile, full: bool) -> bool:
        """Whether it is rewritten for its rows to be in order: a small one is when it is packed."""
        if self._order_id is None or live.file.sort_order_id == self._order_id:
            return False
        return full or not self._is_small(live)

    def _is_small(self, live: LiveFile) -> bool:
        return live.file.file_size_in_bytes < _LARGE_ENOUGH * self._target

    def _small(self, files: Iterable[LiveFile], *, full: bool) -> list[LiveFile]:
        """The small files whose rewriting pays: the larger one is, the more must come with it.

        So a row is rewritten a few times in its life, not once with every handful of new files.
        """
        small = sorted(
            (live for live in files if self._is_small(live)),
            key=lambda live: live.file.file_size_in_bytes,
        )
        if full:
            return small if len(small) > 1 else []
        while len(small) >= _FEWEST:
            largest, rest = small[-1].file.file_size_in_bytes, small[:-1]
            if largest <= max(_CHEAP_BYTES, sum(live.file.file_size_in_bytes for live in rest)):
                return small
            small = rest
        return []


def _parted(files: Iterable[LiveFile], target: int, reasons: Mapping[str, int]) -> Iterator[Group]:
    """The files in groups that are not too large, in the order in which their rows arrived."""
    part: list[LiveFile] = []
    size = 0
    for live in sorted(files, key=lambda live: (live.sequence, live.file.file_path)):
        if part and size + live.file.file_size_in_bytes > _TARGETS_AT_ONCE * target:
            yield Group(tuple(part), reasons)
            part, size, reasons = [], 0, {}  # they are counted once
        part.append(live)
        size += live.file.file_size_in_bytes
    if part:
        yield Group(tuple(part), reasons)
