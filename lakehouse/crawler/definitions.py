"""The external table that a found table is in the catalog, in Glue's words."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from lakehouse.athena.errors import AthenaError
from lakehouse.athena.external.changes import checked
from lakehouse.athena.external.serdes import CSV, FORMATS, GROK, LAZY, OPENX, REGEX
from lakehouse.catalog.external_tables import ExternalColumn, ExternalPartition, ExternalTable
from lakehouse.crawler.kinds import BIGINT, BOOLEAN, DOUBLE, glue_name
from lakehouse.crawler.layout import FilesBelow, FoundTable
from lakehouse.crawler.naming import legal, unique
from lakehouse.crawler.schemas import FileColumn, FileSchema
from lakehouse.object_keys.patterns import EXCLUSIONS, exactly

CRAWLER = "UPDATED_BY_CRAWLER"
DEPRECATED = "DEPRECATED_BY_CRAWLER"
_SERDES = {"json": OPENX, "regex": REGEX, "grok": GROK}
# What OpenCSVSerde reads where every value is of the type; dates are numbers to it.
_STRICT = (BIGINT, DOUBLE, BOOLEAN)
_SUFFIX = re.compile(r"[^.].*?(\.[A-Za-z0-9.]+)")


@dataclass(frozen=True)
class Definitions:
    """Makes definitions of the tables found below `root`; `below` are all files that lie there."""

    root: Path
    crawler: str
    database: str
    below: FilesBelow

    def location(self, place: str) -> str:
        """The location of a folder, or a file, below the crawler's path."""
        return str(self.root / place) if place else str(self.root)

    def of(self, name: str, table: FoundTable) -> ExternalTable:
        """The definition of a table. Raises AthenaError for what could not be read."""
        schema = table.schema
        keys = unique(_keys(table))
        columns = _columns(schema, keys)
        serde, input_format, output_format = _storage(schema)
        strays = self._exclusions(table)
        made = ExternalTable(
            database=self.database,
            name=name,
            columns=tuple(ExternalColumn(c.name, _type(schema, c)) for c in columns),
            location=self.location(table.place),
            input_format=input_format,
            output_format=output_format,
            serde=serde,
            serde_parameters=_serde_parameters(schema, columns),
            parameters={
                "classification": schema.label,
                CRAWLER: self.crawler,
                **_table_parameters(schema),
                **({EXCLUSIONS: json.dumps(strays)} if strays else {}),
            },
            partition_keys=tuple(ExternalColumn(key, "string") for key in keys),
            partitions=tuple(
                sorted(
                    (ExternalPartition(v, self.location(folder)) for v, folder in table.partitions),
                    key=lambda partition: partition.values,
                )
            ),
        )
        return _readable(made)

    def _exclusions(self, table: FoundTable) -> list[str]:
        """Patterns, below the table's location, of files that lie there and are not its own."""
        strays = self.below.strays(table)
        if not strays:
            return []
        own = {_suffix(path) for path in table.files}
        start = len(table.place) + 1 if table.place else 0
        found = set[str]()
        for path in strays:
            inner = path[start:]
            if not table.keys and "/" in inner:
                found.add("*/**")
            elif not any(end.endswith(_suffix(path)) for end in own):
                found.add(f"**{exactly(_suffix(path))}")
            else:
                found.add(exactly(inner))
        return sorted(found)


def _suffix(path: str) -> str:
    """All that ends a file's name, `.csv.gz`; its whole name where it has no such end."""
    name = PurePosixPath(path).name
    told = _SUFFIX.fullmatch(name)
    return told[1] if told else f"/{name}"


def _readable(table: ExternalTable) -> ExternalTable:
    """The table with texts for the columns of types that nobody could read."""
    try:
        return checked(table)
    except AthenaError:
        plain = [
            replace(column, type="string") if "<" in column.type else column
            for column in table.columns
        ]
        return checked(replace(table, columns=tuple(plain)))


def _keys(table: FoundTable) -> Iterator[str]:
    unnamed = 0
    for key in table.keys:
        if key is None:
            yield f"partition_{unnamed}"
            unnamed += 1
        else:
            yield legal(key, f"partition_{unnamed}")


def _columns(schema: FileSchema, keys: list[str]) -> list[FileColumn]:
    """The columns beside the partition keys, whose values the folders tell.

    Where columns are found by name, one of a key's name is left out; by place, it is renamed.
    """
    if schema.format not in ("csv", "regex", "grok"):
        return [column for column in schema.columns if column.name not in keys]
    names = unique([*keys, *(column.name for column in schema.columns)])[len(keys) :]
    return [replace(c, name=name) for c, name in zip(schema.columns, names, strict=True)]


def _type(schema: FileSchema, column: FileColumn) -> str:
    if schema.format == "csv" and schema.quoted and (column.gaps or column.kind not in _STRICT):
        return "string"
    return glue_name(column.kind)


def _storage(schema: FileSchema) -> tuple[str, str, str]:
    if schema.format in FORMATS:
        serde, input_format, output_format = FORMATS[schema.format]
        return _SERDES.get(schema.format, serde), input_format, output_format
    _, input_format, output_format = FORMATS["textfile"]
    if schema.format == "csv":
        return CSV if schema.quoted else LAZY, input_format, output_format
    return _SERDES[schema.format], input_format, output_format


def _serde_parameters(schema: FileSchema, columns: list[FileColumn]) -> dict[str, str]:
    traits = dict(schema.traits)
    made: dict[str, str] = {}
    if schema.format == "csv":
        delimiter = traits["delimiter"]
        if schema.quoted:
            made = {"separatorChar": delimiter, "quoteChar": '"', "escapeChar": "\\"}
        else:
            made = {"field.delim": delimiter, "serialization.format": delimiter}
    elif schema.format == "json":
        made = {"paths": ",".join(column.source for column in columns)}
        made |= {
            f"mapping.{column.name}": column.source
            for column in columns
            if column.source != column.name
        }
        if schema.malformed:
            made["ignore.malformed.json"] = "true"
    elif schema.format in ("regex", "grok"):
        made = {name: value for name, value in traits.items() if value}
    elif schema.format == "orc":
        made = {"orc.column.index.access": "false"}
    if schema.encoding == "iso-8859-1":
        made["serialization.encoding"] = schema.encoding
    return made


def _table_parameters(schema: FileSchema) -> dict[str, str]:
    if schema.format != "csv":
        return {}
    traits = dict(schema.traits)
    made = {"delimiter": traits["delimiter"], "columnsOrdered": "true", "areColumnsQuoted": "false"}
    if schema.quoted:
        made["areColumnsQuoted"] = "true"
    if traits["header"] == "1":
        made["skip.header.line.count"] = "1"
    return made
