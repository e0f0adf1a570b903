"""Small files become large ones, deleted rows leave their files, and rows are put in order."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow.parquet as pq
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.manifest import DataFile, FileFormat
from pyiceberg.table import Table

from lakehouse.tables.arrow_files import remove_files
from lakehouse.tables.lean_transaction import LeanTransaction
from lakehouse.tables.maintenance.inventory import LiveFile, take_inventory
from lakehouse.tables.maintenance.ordering import in_order, order_of
from lakehouse.tables.maintenance.planning import Group, plan
from lakehouse.tables.maintenance.reading import read_rows
from lakehouse.tables.maintenance.replacing import Rewrite, RewriteFiles, SupersededError
from lakehouse.tables.maintenance.site import Action, Heap, Kind, Site
from lakehouse.tables.maintenance.writing import Wanted, write_rows
from lakehouse.tables.parquet_layout import Encodings

# What is read for one commit at most; as much is on the disk twice until the snapshot expires.
_BYTES_A_COMMIT = 4 << 30
# The id that no file has, of an order that a dry run does not make.
_TO_BE_MADE = -1
# How often what others outran is planned anew.
_ROUNDS = 3


def compact(site: Site) -> Iterator[Action]:
    """Rewrite the files of the table that are worth it."""
    groups = _plan(site)
    if not groups:
        return
    old = {live.file for group in groups for live in group.files}
    deletes = {delete for group in groups for live in group.files for delete in live.deletes}
    action = site.planned("compact", _reason(groups), _heap(old | deletes))
    if site.order.dry_run:
        yield action
        return
    committed = list(_commits(site, groups))
    if committed:
        yield site.done(
            action,
            before=_heap(file for each in committed for file in each.removed),
            after=_heap(file for each in committed for file in each.added),
        )


@dataclass(frozen=True)
class Committed:
    """A `replace` snapshot; the rewrites that others outran are not in it."""

    snapshot_id: int
    done: tuple[Rewrite, ...]
    added: tuple[DataFile, ...]
    removed: tuple[DataFile, ...]


def commit(
    site: Site, kind: Kind, rewrites: Sequence[Rewrite] = (), packed: Iterable[str] = ()
) -> Committed | None:
    """Put the new files in the place of the old ones; None when others are at it, or outran it.

    What did not become part of the table is removed. Raises CommitFailedException when others
    change the table all the time.
    """
    if site.busy():
        _remove(site.table, rewrites)
        return None
    transaction = LeanTransaction(site.table)
    notes = {"lakehouse.maintenance": kind}
    producer = RewriteFiles(transaction, rewrites, notes, packed, site.writing)
    try:
        producer.commit()  # writes manifests, and asks the catalog nothing
    except BaseException as e:
        producer.discard()
        _remove(site.table, rewrites)
        if isinstance(e, SupersededError):
            return None
        raise
    try:
        transaction.commit_transaction()
    except SupersededError:
        _remove(site.table, rewrites)
        return None
    except (CommitFailedException, NoSuchTableError):
        _remove(site.table, rewrites)  # after any other error, the catalog may refer to them
        raise
    _remove(site.table, [each for each in rewrites if each not in producer.done])
    site.journal.note("replaced", (file.file_path for file in producer.removed), site.now)
    return Committed(producer.snapshot_id, producer.done, producer.added, producer.removed)


def _plan(site: Site) -> list[Group]:
    metadata = site.table.metadata
    if metadata.format_version > 2:
        return []  # PyIceberg can't write them
    inventory = take_inventory(metadata, site.table.io)
    if only := site.order.only:
        inventory = replace(inventory, files=tuple(filter(only, inventory.files)))
    order = order_of(metadata)
    order_id = order.order_id if order else None
    if site.reordered:
        order_id = _TO_BE_MADE if site.reordered != "none" else None
    return plan(metadata, inventory, site.file_size, full=site.order.full, order_id=order_id)


def _commits(site: Site, groups: Sequence[Group]) -> Iterator[Committed]:
    """Rewrite the groups; those that others outrun are planned anew a few times."""
    for _ in range(_ROUNDS):
        outrun = False
        for part in _parts(groups):
            rewrites = [_rewrite(site, group) for group in part]
            committed = commit(site, "compact", rewrites)
            if committed:
                yield committed
            outrun = outrun or committed is None or len(committed.done) < len(part)
        if not outrun or site.busy():
            return
        site.table.refresh()
        groups = _plan(site)


def _rewrite(site: Site, group: Group) -> Rewrite:
    """Write the rows of the group to new files, which no snapshot refers to yet."""
    table = site.table
    batches = read_rows(table.metadata, table.io, group.files)
    if order := order_of(table.metadata):
        schema = schema_to_pyarrow(table.schema())
        batches = in_order(batches, schema, order, site.journal.folder)
        # How a column is best stored, and whether its bounds say anything, is another thing now.
        wanted = Wanted(site.file_size, Encodings(), order.order_id)
    else:
        wanted = Wanted(site.file_size, _encodings(table, group.files))
    new = write_rows(table, batches, wanted, site.writing)
    return Rewrite(group.files, tuple(new))


def _parts(groups: Sequence[Group]) -> Iterator[list[Group]]:
    """The groups, in portions that are committed together."""
    part: list[Group] = []
    for group in groups:
        if part and sum(each.bytes for each in part) + group.bytes > _BYTES_A_COMMIT:
            yield part
            part = []
        part.append(group)
    if part:
        yield part


def _remove(table: Table, rewrites: Sequence[Rewrite]) -> None:
    remove_files(table, [file.file_path for each in rewrites for file in each.new])


def _heap(files: Iterable[DataFile]) -> Heap:
    return Heap.of(file.file_size_in_bytes for file in files)


def _reason(groups: Sequence[Group]) -> str:
    places = len({live.place for group in groups for live in group.files})
    where = f" in {places:,} partitions" if places > 1 else ""
    counts: dict[str, int] = {}
    for group in groups:
        for why, count in group.reasons.items():
            counts[why] = counts.get(why, 0) + count
    return ", ".join(f"{count:,} {why}" for why, count in counts.items()) + where


def _encodings(table: Table, files: Sequence[LiveFile]) -> Encodings:
    """How the longest of the files is encoded, so that the new ones are no larger than it was."""
    longest = max(files, key=lambda live: live.file.record_count).file
    if longest.file_format != FileFormat.PARQUET:
        return Encodings()
    with table.io.new_input(longest.file_path).open() as stream:
        parquet = pq.ParquetFile(stream)
        ids = {
            field.name: int(field.metadata[b"PARQUET:field_id"])
            for field in parquet.schema_arrow
            if field.metadata and b"PARQUET:field_id" in field.metadata
        }
        if not parquet.metadata.num_row_groups:
            return Encodings()
        columns = parquet.metadata.row_group(0).to_dict()["columns"]
    names = {field.field_id: field.name for field in table.schema().fields}
    found = {names.get(ids.get(each["path_in_schema"], 0)): each for each in columns}
    present = {name: each for name, each in found.items() if name}
    used = {name: each["encodings"] for name, each in present.items()}
    counters = [name for name, own in used.items() if "DELTA_BINARY_PACKED" in own]
    plain = [name for name, own in used.items() if not any("DICTIONARY" in e for e in own)]
    return Encodings(
        counters,
        [name for name in plain if name not in counters],
        [name for name, each in present.items() if not each["is_stats_set"]],
    )
