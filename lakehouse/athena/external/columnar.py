"""Files with a schema of their own: what of theirs a column of the table reads, and whether it may.

Rules: Athena's documentation, "Handle schema updates": Parquet and Avro are read by name, ORC by
position, unless orc.column.index.access or parquet.column.index.access says otherwise.
"""

from collections.abc import Mapping, Sequence

from lakehouse.athena.errors import AthenaError
from lakehouse.athena.types import Type, engine_type, identifier

# The engine's types, by what they may be read as.
_READS = {
    "BOOLEAN": ("boolean",),
    "DATE": ("date",),
    "FLOAT": ("real", "double"),
    "DOUBLE": ("double", "real"),
    "VARCHAR": ("varchar", "char", "varbinary"),
    "BLOB": ("varbinary", "varchar", "char"),
    "UUID": ("uuid", "varchar"),
    "ENUM": ("varchar", "char"),
    **dict.fromkeys(
        ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"),
        ("tinyint", "smallint", "integer", "bigint", "decimal", "double", "real"),
    ),
}
_PHYSICAL = {
    "VARCHAR": "BINARY", "BLOB": "BINARY", "INTEGER": "INT32", "SMALLINT": "INT32",
    "TINYINT": "INT32", "BIGINT": "INT64",
}  # fmt: skip


def values(
    kind: str,
    parameters: Mapping[str, str],
    described: Sequence[tuple[str, str]],
    columns: Sequence[tuple[str, Type]],
) -> list[str]:
    """SQL of each column's value from files whose columns and engine's types are `described`.

    Raises HIVE_BAD_DATA for a column that can't be read as its type.
    """
    default = "true" if kind == "orc" else "false"
    by_index = parameters.get(f"{kind}.column.index.access", default).lower() == "true"
    by_name = {name.lower(): (name, made) for name, made in described}
    found = []
    for i, (name, made) in enumerate(columns):
        at_place = described[i] if i < len(described) else None
        source = at_place if by_index else by_name.get(name)
        found.append(_value(kind, name, source, made))
    return found


def _value(kind: str, name: str, source: tuple[str, str] | None, made: Type) -> str:
    target = engine_type(made)
    if source is None:
        return f"CAST(NULL AS {target})"
    column, stored = identifier(source[0]), source[1]
    if not _readable(stored, made):
        physical = _PHYSICAL.get(stored, stored)
        message = (
            f"Field {name}'s type {physical} in {kind} file is incompatible with type {made} "
            "defined in table schema"
        )
        raise AthenaError("HIVE_BAD_DATA", message)
    if stored == "BLOB" and made.base in ("varchar", "char"):
        column = f"decode({column})"
    if stored == "VARCHAR" and made.base == "varbinary":
        column = f"encode({column})"
    if made.base in ("varchar", "char") and made.numbers:
        column = f"left({column}, {made.numbers[0]})"
    if made.base == "char":
        column = f"rpad({column}, {made.numbers[0]}, ' ')"
    return f"CAST({column} AS {target})"


def _readable(stored: str, made: Type) -> bool:
    if stored.endswith("[]"):
        return made.base == "array"
    word = stored.partition("(")[0].strip()
    if word in ("MAP", "STRUCT"):
        return made.base == ("map" if word == "MAP" else "row")
    if word == "DECIMAL":
        return made.base in ("decimal", "double", "real")
    if word.startswith("TIMESTAMP"):
        return made.base in ("timestamp", "timestamp with time zone")
    if stored in ('"NULL"', "NULL"):
        return True
    return made.base in _READS.get(word, ())
