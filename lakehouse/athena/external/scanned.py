"""What a query reads of external tables: whole files, of the partitions that its plan keeps.

The engine's plan names neither tables nor files. A scan of lines or of ORC tells what keys of
partitions must equal; of Parquet and Avro there is one scan for each partition (each file) that is
left, and where some are left out, the largest are counted.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lakehouse.athena.external.places import Places, files_of
from lakehouse.athena.external.serdes import kind_of
from lakehouse.catalog.external_tables import ExternalTable
from lakehouse.query.executions.records import TableRead
from lakehouse.query.planned import Plan, Scan

_ARROW = "ARROW_SCAN"
_OWN = {"parquet": "READ_PARQUET", "avro": "READ_AVRO"}
_EQUAL = re.compile(r"(?:optional: )?key (\w+)='?([^']*?)'?(?:::[A-Z]+)?")


@dataclass(frozen=True)
class _Part:
    """A partition, or a file of one: its values by key, files and bytes."""

    values: Mapping[str, str]
    files: int
    bytes: int


def scanned(tables: Sequence[ExternalTable], places: Places, plan: Plan) -> list[TableRead]:
    """The files and bytes of each table that a query with this plan reads."""
    found = [(table, kind_of(table.serde), _parts(table, places)) for table in tables]
    free = list(plan.files)
    reads = []
    for table, kind, parts in sorted(found, key=lambda each: -len(each[0].partition_keys)):
        reader = _OWN.get(kind, _ARROW)
        mine = [scan for scan in free if scan.reader == reader]
        others = sum(_OWN.get(other, _ARROW) == reader for _, other, _ in found)
        kept = _largest(parts, len(mine)) if kind in _OWN else _asked(parts, mine, free, others)
        files, size = sum(part.files for part in kept), sum(part.bytes for part in kept)
        reads.append(TableRead(f"{table.database}.{table.name}", "", None, 0, files, size))
        found = [each for each in found if each[0] is not table]
    return reads


def _parts(table: ExternalTable, places: Places) -> list[_Part]:
    keys = [key.name for key in table.partition_keys]
    of = [(p.values, p.location) for p in table.partitions] if keys else [((), table.location)]
    apart = kind_of(table.serde) == "avro"
    parts = []
    for values, location in of:
        named = dict(zip(keys, values, strict=True))
        sizes = [file.stat().st_size for file in files_of(table, location, places)]
        groups = [[size] for size in sizes] if apart else [sizes]
        parts += [_Part(named, len(group), sum(group)) for group in groups if group]
    return parts


def _largest(parts: list[_Part], scans: int) -> list[_Part]:
    """As many parts as there are scans; all of them again for a table that is read again."""
    if not parts:
        return []
    ordered = sorted(parts, key=lambda part: part.bytes, reverse=True)
    again, rest = divmod(scans, len(parts))
    return ordered * again + ordered[:rest]


def _asked(parts: list[_Part], mine: list[Scan], free: list[Scan], tables: int) -> list[_Part]:
    """The parts that the scans of one table keep, which are then no other's.

    A table takes a scan that names its keys; the last one takes all that are left.
    """
    keys = parts[0].values.keys() if parts else ()
    ordered = sorted(mine, key=lambda scan: not _wanted(scan).keys() & keys)
    taken = ordered if tables == 1 else ordered[:1]
    for scan in taken:
        free.remove(scan)
    return [
        part
        for scan in taken
        for part in parts
        if all(part.values.get(key, value) == value for key, value in _wanted(scan).items())
    ]


def _wanted(scan: Scan) -> dict[str, str]:
    matches = (_EQUAL.fullmatch(text) for text in scan.filters)
    return {match[1].lower(): match[2] for match in matches if match}
