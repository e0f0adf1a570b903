"""Partitions of external tables: their values, their names, and the folders they are found in."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from urllib.parse import unquote

from lakehouse.athena.errors import AthenaError
from lakehouse.athena.statements import values as v
from lakehouse.catalog.external_tables import ExternalPartition, ExternalTable

NULL = "__HIVE_DEFAULT_PARTITION__"
# What Hive escapes in a folder's name.
_ESCAPED = re.compile(r"""[\x01-\x1f\x7f"#%'*/:=?\\{\[\]^]""")


def name_of(table: ExternalTable, partition: ExternalPartition) -> str:
    """A partition as SHOW PARTITIONS prints it: `year=2024/month=05`."""
    pairs = zip(table.partition_keys, partition.values, strict=True)
    return "/".join(f"{key.name}={escaped(value)}" for key, value in pairs)


def escaped(value: str) -> str:
    """A value as Hive writes it in a folder's name."""
    return _ESCAPED.sub(lambda found: f"%{ord(found[0]):02X}", value)


def spec_values(table: ExternalTable, spec: v.PartitionSpec) -> dict[str, str]:
    """The values that a PARTITION (...) names, by key. Raises COLUMN_NOT_FOUND."""
    keys = {key.name for key in table.partition_keys}
    if not keys:
        message = f"Table '{table.database}.{table.name}' is not partitioned"
        raise AthenaError("INVALID_PARTITION_SPEC", message)
    found = {}
    for name, value in spec:
        if name not in keys:
            known = ", ".join(key.name for key in table.partition_keys)
            message = f"Partition column '{name}' does not exist"
            raise AthenaError("COLUMN_NOT_FOUND", message, hint=f"there are: {known}")
        found[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return found


def whole_spec(table: ExternalTable, spec: v.PartitionSpec) -> tuple[str, ...]:
    """The values of one partition, all keys named. Raises INVALID_PARTITION_SPEC too."""
    found = spec_values(table, spec)
    missing = [key.name for key in table.partition_keys if key.name not in found]
    if missing or len(found) < len(spec):
        message = "A partition needs a value for each partition column, once"
        hint = f"missing: {', '.join(missing)}" if missing else ""
        raise AthenaError("INVALID_PARTITION_SPEC", message, hint=hint)
    made = tuple(found[key.name] for key in table.partition_keys)
    for key, value in zip(table.partition_keys, made, strict=True):
        check_value(key.name, key.type, value)
    return made


def matches(table: ExternalTable, partition: ExternalPartition, wanted: Mapping[str, str]) -> bool:
    """Whether a partition has all the wanted values."""
    pairs = zip(table.partition_keys, partition.values, strict=True)
    return all(wanted.get(key.name, value) == value for key, value in pairs)


def check_value(name: str, kind: str, value: str) -> None:
    """Raise HIVE_INVALID_PARTITION_VALUE for a value that is none of the key's type."""
    try:
        if kind in ("tinyint", "smallint", "int", "integer", "bigint") and value != NULL:
            int(value)
        elif kind == "date" and value != NULL:
            date.fromisoformat(value)
    except ValueError as e:
        message = f"Invalid partition value '{value}' for {kind} partition key: {name}"
        raise AthenaError("HIVE_INVALID_PARTITION_VALUE", message) from e


def found_in(table: ExternalTable, folder: Path) -> Iterator[ExternalPartition]:
    """The partitions whose folders, `key=value` below each other, lie in the table's."""
    for values, place in _below(folder, [key.name for key in table.partition_keys]):
        yield ExternalPartition(values, f"{table.location.rstrip('/')}/{place}")


def _below(folder: Path, keys: Sequence[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    if not folder.is_dir():
        return
    for child in sorted(folder.iterdir()):
        key, equals, value = child.name.partition("=")
        if not equals or key.lower() != keys[0] or not child.is_dir():
            continue
        if len(keys) == 1:
            yield (unquote(value),), child.name
        else:
            for values, place in _below(child, keys[1:]):
                yield (unquote(value), *values), f"{child.name}/{place}"
