"""The SerDes: by which class files are read, under which names Hive and Glue know it.

Sources: Athena's documentation, "Choose a SerDe for your data" and the page of each SerDe.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from lakehouse.athena.errors import AthenaError, not_supported
from lakehouse.athena.statements import values as v

_TEXT_INPUT: Final = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUTPUT: Final = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
LAZY: Final = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
CSV: Final = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
OPENX: Final = "org.openx.data.jsonserde.JsonSerDe"
REGEX: Final = "org.apache.hadoop.hive.serde2.RegexSerDe"
GROK: Final = "com.amazonaws.glue.serde.GrokSerDe"
JSON: Final = "org.apache.hive.hcatalog.data.JsonSerDe"
PARQUET: Final = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
ORC: Final = "org.apache.hadoop.hive.ql.io.orc.OrcSerde"
AVRO: Final = "org.apache.hadoop.hive.serde2.avro.AvroSerDe"
# Every class, with the kind of files it reads.
KINDS: Final = {
    LAZY: "lazy", CSV: "csv", OPENX: "openx", JSON: "json", REGEX: "regex", GROK: "grok",
    "org.apache.hadoop.hive.serde2.JsonSerDe": "json",
    "org.apache.hadoop.hive.contrib.serde2.RegexSerDe": "regex",
    PARQUET: "parquet", ORC: "orc", AVRO: "avro",
}  # fmt: skip
_INPUT = "org.apache.hadoop.hive.ql.io"
FORMATS: Final = {
    "textfile": (LAZY, _TEXT_INPUT, _TEXT_OUTPUT),
    "json": (JSON, _TEXT_INPUT, _TEXT_OUTPUT),
    "parquet": (
        PARQUET,
        f"{_INPUT}.parquet.MapredParquetInputFormat",
        f"{_INPUT}.parquet.MapredParquetOutputFormat",
    ),
    "orc": (ORC, f"{_INPUT}.orc.OrcInputFormat", f"{_INPUT}.orc.OrcOutputFormat"),
    "avro": (
        AVRO,
        f"{_INPUT}.avro.AvroContainerInputFormat",
        f"{_INPUT}.avro.AvroContainerOutputFormat",
    ),
}
# What ROW FORMAT DELIMITED becomes among the SerDe's properties, as in Hive.
_DELIMITED: Final = {
    "fields": ("field.delim", "serialization.format"), "escape": ("escape.delim",),
    "collection items": ("collection.delim",), "map keys": ("mapkey.delim",),
    "lines": ("line.delim",), "null": ("serialization.null.format",),
}  # fmt: skip


@dataclass(frozen=True)
class Storage:
    """How the files of a table are read, in Hive's names."""

    serde: str
    input_format: str
    output_format: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def storage_of(statement: v.CreateTable) -> Storage:
    """What ROW FORMAT and STORED AS say. Raises NOT_SUPPORTED and INVALID_TABLE_PROPERTY."""
    stored = statement.stored_as or "textfile"
    if stored not in FORMATS:
        raise not_supported(f"STORED AS {stored.upper()}")
    serde, input_format, output_format = FORMATS[stored]
    if statement.delimited and stored != "textfile":
        raise not_supported(f"ROW FORMAT DELIMITED with STORED AS {stored.upper()}")
    if statement.serde:
        serde = statement.serde
        if not statement.stored_as and KINDS.get(serde) in ("parquet", "orc", "avro"):
            _, input_format, output_format = FORMATS[KINDS[serde]]
    if statement.input_format:
        input_format, output_format = statement.input_format, statement.output_format or ""
        if not statement.serde:
            serde = _by_input(input_format)
    kind_of(serde)
    parameters = dict(statement.serde_properties)
    for name, value in statement.delimited:
        parameters |= dict.fromkeys(_DELIMITED.get(name, ()), value)
    if parameters.get("line.delim", "\n") != "\n":
        raise not_supported("LINES TERMINATED BY anything but '\\n'")
    return Storage(serde, input_format, output_format, parameters)


def kind_of(serde: str) -> str:
    """The kind of files that a class reads. Raises NOT_SUPPORTED for another."""
    if serde not in KINDS:
        known = ", ".join(sorted(name.rpartition(".")[2] for name in KINDS))
        message = f"SerDe {serde} is not supported"
        raise AthenaError("NOT_SUPPORTED", message, hint=f"there are: {known}")
    return KINDS[serde]


def _by_input(input_format: str) -> str:
    for serde, wanted, _ in FORMATS.values():
        if wanted == input_format:
            return serde
    raise not_supported(f"INPUTFORMAT {input_format}")
