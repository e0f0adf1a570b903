"""What a file was recognized as, when two are files of one table, and what both are then.

Rule: Glue's crawlers make one table of files whose formats and types are compatible and whose
schemas are similar by 70 %.
"""

from dataclasses import dataclass, replace
from typing import Any

from lakehouse.crawler.kinds import NOTHING, Kind, from_json, to_json, widened

SIMILAR = 0.7
# Formats whose columns are found by their place in a line.
_BY_PLACE = ("csv", "regex")
_WITH_SCHEMA = ("parquet", "orc", "avro")


@dataclass(frozen=True)
class FileColumn:
    """A column of a file. `source` is its name there; `gaps`: not every value is of its kind."""

    name: str
    kind: Kind
    source: str = ""
    gaps: bool = False


@dataclass(frozen=True)
class FileSchema:
    """The format of files, `csv`, `json`, `regex`, `grok`, `parquet`, `orc` or `avro`, and columns.

    `label` is the classification in the catalog, `traits` what all files of a table must agree in
    (a delimiter, a header, a pattern). `quoted` and `malformed` tell that there are such lines.
    """

    format: str
    label: str
    columns: tuple[FileColumn, ...]
    traits: tuple[tuple[str, str], ...] = ()
    encoding: str = "ascii"
    quoted: bool = False
    malformed: bool = False

    @property
    def texts(self) -> bool:
        """Whether the files hold text, and no schema of their own."""
        return self.format not in _WITH_SCHEMA


def united(one: FileSchema, other: FileSchema, similar: float = SIMILAR) -> FileSchema | None:
    """What files of both are together; None where they are not of one table."""
    if one == other:
        return one
    if (one.format, one.label, one.traits) != (other.format, other.label, other.traits):
        return None
    if {one.encoding, other.encoding} == {"utf-8", "iso-8859-1"}:
        return None
    if _similarity(one, other) < similar:
        return None
    columns = _columns(one, other)
    if columns is None:
        return None
    return replace(
        one,
        columns=columns,
        encoding=max(one.encoding, other.encoding),
        quoted=one.quoted or other.quoted,
        malformed=one.malformed or other.malformed,
    )


def _similarity(one: FileSchema, other: FileSchema) -> float:
    names = {column.name for column in one.columns}
    others = {column.name for column in other.columns}
    return len(names & others) / max(len(names), len(others), 1)


def _columns(one: FileSchema, other: FileSchema) -> tuple[FileColumn, ...] | None:
    if one.format in _BY_PLACE:
        pairs = zip(one.columns, other.columns, strict=False)
        if any(a.name != b.name for a, b in pairs):
            return None
    found = {column.name: column for column in one.columns}
    for column in other.columns:
        known = found.get(column.name, replace(column, kind=NOTHING))
        kind = widened(known.kind, column.kind, texts=one.texts)
        if kind is None or (known.source != column.source and one.format != "json"):
            return None
        gaps = known.gaps or column.gaps or _mixed(known.kind, column.kind)
        found[column.name] = replace(known, kind=kind, gaps=gaps)
    if one.format in _BY_PLACE and len(one.columns) != len(other.columns):
        # Lines of the shorter files leave the last columns without a value.
        least = min(len(one.columns), len(other.columns))
        found = {
            name: replace(column, gaps=column.gaps or place >= least)
            for place, (name, column) in enumerate(found.items())
        }
    return tuple(found.values())


def _mixed(one: Kind, other: Kind) -> bool:
    return NOTHING in (one, other) and one != other


def schema_to_json(schema: FileSchema) -> dict[str, Any]:
    """The schema as JSON takes it."""
    columns = [[c.name, to_json(c.kind), c.source, c.gaps] for c in schema.columns]
    return {
        "format": schema.format,
        "label": schema.label,
        "columns": columns,
        "traits": [list(pair) for pair in schema.traits],
        "encoding": schema.encoding,
        "quoted": schema.quoted,
        "malformed": schema.malformed,
    }


def schema_from_json(given: dict[str, Any]) -> FileSchema:
    """The schema that `schema_to_json` wrote."""
    columns = tuple(
        FileColumn(name, from_json(kind), source, gaps)
        for name, kind, source, gaps in given.pop("columns")
    )
    traits = tuple((name, value) for name, value in given.pop("traits"))
    return FileSchema(columns=columns, traits=traits, **given)
