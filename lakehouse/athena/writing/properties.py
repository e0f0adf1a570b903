"""What may stand in TBLPROPERTIES and in WITH of a CTAS: a closed list, as Athena has one.

Source: Athena's documentation, "Creating Iceberg tables" (table properties) and "CTAS table
properties". A property acts as Athena says, or the statement is refused.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from lakehouse.athena.errors import AthenaError

COMPRESSION = "write.parquet.compression-codec"
TARGET_SIZE = "write.target-file-size-bytes"
_CODECS = ("zstd", "snappy", "gzip", "none")
# What decides about upkeep: kept with the table under Athena's name.
_NUMBERS = (
    "optimize_rewrite_min_data_file_size_bytes",
    "optimize_rewrite_max_data_file_size_bytes",
    "optimize_rewrite_data_file_threshold",
    "optimize_rewrite_delete_file_threshold",
    "vacuum_min_snapshots_to_keep",
    "vacuum_max_snapshot_age_seconds",
    "vacuum_max_metadata_files_to_keep",
)
# What Iceberg calls the same, and how often its unit goes into Athena's.
_ICEBERG = {
    "write_target_data_file_size_bytes": (TARGET_SIZE, 1),
    "vacuum_max_snapshot_age_seconds": ("history.expire.max-snapshot-age-ms", 1000),
    "vacuum_min_snapshots_to_keep": ("history.expire.min-snapshots-to-keep", 1),
    "vacuum_max_metadata_files_to_keep": ("write.metadata.previous-versions-max", 1),
}
_OF_A_TABLE = ("table_type", "format", "write_compression", "write_target_data_file_size_bytes")
KEPT = frozenset({*_NUMBERS, "format", "write_compression", "write_target_data_file_size_bytes"})


@dataclass(frozen=True)
class TableOptions:
    """What the properties say: Iceberg's table properties, and where the table lies."""

    properties: Mapping[str, str] = field(default_factory=dict)
    iceberg: bool = False


def read_properties(given: Iterable[tuple[str, object]]) -> TableOptions:
    """The options of properties by name. Raises INVALID_TABLE_PROPERTY for any other."""
    made: dict[str, str] = {}
    iceberg = False
    for name, value in given:
        text = str(value).lower()
        if name == "table_type":
            if text != "iceberg":
                _refuse(name, value, "the only type of table here is ICEBERG")
            iceberg = True
        elif name == "format":
            if text != "parquet":
                _refuse(name, value, "data files are Parquet here")
            made[name] = text
        else:
            made |= _PROPERTIES.get(name, _unknown)(name, text)
    return TableOptions(made, iceberg)


def _compression(name: str, text: str) -> dict[str, str]:
    if text not in _CODECS:
        _refuse(name, text, f"there are: {', '.join(_CODECS)}")
    codec = "uncompressed" if text == "none" else text
    return {name: text, COMPRESSION: codec}


def _number(name: str, text: str) -> dict[str, str]:
    if not text.isdecimal() or not int(text):
        _refuse(name, text, "it is a whole number above 0")
    return {name: text, **as_iceberg(name, int(text))}


def as_iceberg(name: str, value: int) -> dict[str, str]:
    """The property of Iceberg's that a property of Athena's stands for, if there is one."""
    if name not in _ICEBERG:
        return {}
    own, factor = _ICEBERG[name]
    return {own: str(value * factor)}


def _unknown(name: str, text: str) -> dict[str, str]:
    known = ", ".join(sorted({*_OF_A_TABLE, *_NUMBERS}))
    raise AthenaError(
        "INVALID_TABLE_PROPERTY", f"Unsupported table property key: {name}", hint=f"keys: {known}"
    )


def _refuse(name: str, value: object, hint: str) -> None:
    message = f"Unsupported value of table property {name}: {value}"
    raise AthenaError("INVALID_TABLE_PROPERTY", message, hint=hint)


_PROPERTIES: dict[str, Callable[[str, str], dict[str, str]]] = {
    "write_compression": _compression,
    "write_target_data_file_size_bytes": _number,
    **dict.fromkeys(_NUMBERS, _number),
}
