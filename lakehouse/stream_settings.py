"""What a delivery stream is: a table `[streams.NAME]` of lakehouse.toml, parsed and checked."""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import (
    BaseModel,
    ByteSize,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from lakehouse.column_settings import (
    KEY_TYPES,
    LINEAGE,
    ColumnSettings,
    ContractSettings,
    check_term,
)
from lakehouse.column_specs import TermName, parse_term
from lakehouse.maintenance_settings import Duration
from lakehouse.object_keys.prefixes import Namespace
from lakehouse.output_settings import (
    BackupSettings,
    ErrorOutputSettings,
    ObjectsSettings,
    RoutingSettings,
    TransformSettings,
)

ORDERS: Final = "orders"
ACCESS_LOGS: Final = "access_logs"
STDIN: Final = Path("-")

# The streams that are there without being declared: their format, their table, and the folder
# below the logs of the home that `lakehouse generate` writes them to.
BUILT_IN: Final = {
    ORDERS: ("orders", "landing.order_lines", "orders"),
    ACCESS_LOGS: ("access_log", "landing.access_logs", "access"),
}
TABLES: Final = {format_: table for format_, table, _ in BUILT_IN.values()}
# The format of streams to objects, and the table whose snapshots carry their checkpoints.
TEXT: Final = "text"
OBJECTS: Final = ("ops", "objects")
# The same for streams to several tables.
ROUTED: Final = ("ops", "routed")
# What a table among several is declared by.
_TABLE_KEYS = ("columns", "partition", "contract", "unique_keys")

# The limits are Firehose's; its defaults, 5 MiB and 300 s, would make many small files, late.
BufferSize = Annotated[ByteSize, Field(ge=1 << 20, le=128 << 20)]
BufferInterval = Annotated[float, Field(ge=0, le=900)]
Format = Literal["orders", "access_log", "csv", "json", "text"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_COLUMN = re.compile(r"[a-z_][a-z0-9_]{0,254}")
_TABLE = re.compile(r"[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*")
_RESERVED_NAMESPACES = ("core", "reports", "ops", "ml", "main", "information_schema")


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class StreamSettings(_Table):
    """Where a stream's logs are, what they are, where they go, and when they are delivered.

    `source` names files, folders and patterns (`*`, `?`, `[...]`, `**`), or `-`, the standard
    input. What is read is delivered when it has `buffer_size` bytes, counted before compression,
    or when the first line of it has waited `buffer_interval` seconds, whichever comes first.
    The bookmark of a log that is in no source leaves the checkpoint `forget_after` that time.
    `columns`, `contract` and `partition` are for formats that bring no columns of their own;
    `delimiter` and `header` are for `csv`.
    """

    source: tuple[Path, ...] = Field(default=(), validate_default=False)
    format: Format
    tables: dict[str, dict[str, Any]] = Field(default_factory=dict)
    table: str = ""
    columns: dict[str, ColumnSettings] = Field(default_factory=dict)
    partition: tuple[str, ...] = ()
    contract: ContractSettings = ContractSettings()
    unique_keys: tuple[str, ...] = ()
    routing: RoutingSettings | None = None
    delimiter: str = ","
    header: bool = True
    buffer_size: BufferSize = ByteSize(128 << 20)
    buffer_interval: BufferInterval = 60.0
    forget_after: Duration = timedelta(days=7)
    transform: TransformSettings | None = None
    objects: ObjectsSettings | None = None
    backup: BackupSettings | None = None
    error_output: ErrorOutputSettings | None = None

    @field_validator("source", mode="before")
    @classmethod
    def _several(cls, given: object) -> object:
        return (given,) if isinstance(given, str | Path) else given

    @field_validator("source")
    @classmethod
    def _input_alone(cls, given: tuple[Path, ...]) -> tuple[Path, ...]:
        if STDIN in given and len(given) > 1:
            raise ValueError("the standard input, '-', is a source of its own")
        return given

    @field_validator("table")
    @classmethod
    def _names_a_table(cls, given: str, info: ValidationInfo) -> str:
        format_ = info.data.get("format", ORDERS)
        if format_ == TEXT or info.data.get("tables"):
            if given:
                where = "objects, to no table" if format_ == TEXT else "tables, not to one table"
                raise ValueError(f"the records go to {where}")
            return given
        if not (table := given or TABLES.get(format_, "")):
            raise ValueError(f"a stream of {format_} names its table, such as landing.events")
        if not _TABLE.fullmatch(table):
            raise ValueError("a table is named namespace.name, in lower case, digits and _")
        if table == "landing.rejects" or table.split(".")[0] in _RESERVED_NAMESPACES:
            raise ValueError("that table is written by others; choose one such as landing.events")
        return table

    @field_validator("columns", mode="before")
    @classmethod
    def _types_alone(cls, given: object) -> object:
        if not isinstance(given, Mapping):
            return given
        return {name: {"type": c} if isinstance(c, str) else c for name, c in given.items()}

    @field_validator("columns")
    @classmethod
    def _declared(
        cls, given: dict[str, ColumnSettings], info: ValidationInfo
    ) -> dict[str, ColumnSettings]:
        format_ = info.data.get("format", ORDERS)
        if format_ in TABLES:
            if given:
                raise ValueError(f"the format {format_} has columns of its own")
        elif not given and format_ != TEXT and not info.data.get("tables"):
            raise ValueError(f'a stream of {format_} declares its columns, such as id = "long"')
        for name in given:
            if not _COLUMN.fullmatch(name):
                raise ValueError(
                    f"{name!r} is no column name (lower case, digits and _); "
                    f'write {{ type = ..., field = "{name}" }} for a column of another name'
                )
            if name in LINEAGE:
                raise ValueError(
                    f"{name!r} is a column that every stream has; write "
                    f'{{ type = ..., field = "{name}" }} for a column of another name'
                )
        return given

    @field_validator("partition", mode="before")
    @classmethod
    def _several_terms(cls, given: object) -> object:
        return (given,) if isinstance(given, str) else given

    @field_validator("partition")
    @classmethod
    def _of_columns(cls, given: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        columns: dict[str, ColumnSettings] | None = info.data.get("columns")
        if columns is None:
            return given
        if given and not columns:
            raise ValueError("the format has a partitioning of its own")
        seen = set()
        for term in map(parse_term, given):
            if term.column not in columns:
                raise ValueError(f"no column {term.column!r}; there are: {', '.join(columns)}")
            check_term(term, columns[term.column].type_name)
            if term in seen:
                raise ValueError(f"the term {term.transform} of {term.column!r} stands twice")
            seen.add(term)
        return given

    @field_validator("contract", mode="before")
    @classmethod
    def _one_word(cls, given: object) -> object:
        return {"new_columns": given, "types": given} if isinstance(given, str) else given

    @field_validator("delimiter")
    @classmethod
    def _one_sign(cls, given: str) -> str:
        if len(given.encode()) != 1 or given in '"\r\n\0\\':
            raise ValueError("a delimiter is one ASCII character, not a quote or a line end")
        return given

    @model_validator(mode="before")
    @classmethod
    def _of_lines(cls, given: object) -> object:
        if isinstance(given, Mapping) and given.get("objects") is not None:
            return {"format": TEXT, **given}
        return given

    @model_validator(mode="after")
    def _one_destination(self) -> "StreamSettings":
        if (self.objects is None) == (self.format == TEXT):
            raise ValueError(
                "objects take lines as they are: declare a stream of its own, without a format"
            )
        if self.objects is None:
            return self
        if self.error_output:
            raise ValueError("errors of a stream to objects go by its objects.error_prefix")
        if self.objects.record_prefix.keys(Namespace.TRANSFORM) and not self.transform:
            raise ValueError("partitionKeyFromLambda needs a transform that gives the keys")
        return self

    def located(self, name: str, root: Path, home: Path) -> "StreamSettings":
        """The stream of that name with absolute folders, in the home where it names none."""
        outputs = {"objects": self.objects, "backup": self.backup, "errors": self.error_output}
        found = {}
        for place, output in outputs.items():
            if output is not None:
                own = output.folder and root / output.folder.expanduser()
                found[place] = output.model_copy(update={"folder": own or home / place / name})
        if "errors" in found:
            found["error_output"] = found.pop("errors")
        return self.model_copy(update=found)

    @field_validator("unique_keys", mode="before")
    @classmethod
    def _several_keys(cls, given: object) -> object:
        return (given,) if isinstance(given, str) else given

    @field_validator("unique_keys")
    @classmethod
    def _are_columns(cls, given: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        columns: dict[str, ColumnSettings] = info.data.get("columns") or {}
        for name in given:
            if name not in columns:
                raise ValueError(f"no declared column {name!r}")
            if columns[name].type_name.name not in KEY_TYPES:
                raise ValueError(f"{name!r}: a {columns[name].type} is no key")
        return given

    @model_validator(mode="after")
    def _routes(self) -> "StreamSettings":
        if not self.tables and not self.unique_keys and not self.routing:
            return self
        if self.format not in {"csv", "json"}:
            raise ValueError(f"records of {self.format} are not routed")
        if self.routing and self.routing.queries and self.format != "json":
            raise ValueError("routing asks records that are JSON; a transform may tell otherwise")
        if self.tables and not (self.transform or (self.routing and self.routing.table)):
            raise ValueError("several tables need routing.table, or a transform that names them")
        if self.tables and (self.unique_keys or self.partition):
            raise ValueError("several tables have unique_keys and partition each")
        if not self.tables and self.routing and self.routing.table:
            raise ValueError("routing.table chooses among tables, which are missing")
        self.routed  # noqa: B018 - each table has to be one
        return self

    @property
    def routed(self) -> dict[str, "StreamSettings"]:
        """The tables that records are routed to, each as the stream that it would be alone.

        None when all records are added to one table. Raises ValueError for a table that can't be.
        """
        if not self.tables:
            return {self.table: self} if self.unique_keys or self.routing else {}
        return {name: self._alone(name, given) for name, given in self.tables.items()}

    def _alone(self, name: str, given: Mapping[str, Any]) -> "StreamSettings":
        if unknown := [key for key in given if key not in _TABLE_KEYS]:
            raise ValueError(f"{name} has {', '.join(_TABLE_KEYS)}, no {unknown[0]!r}")
        try:
            return StreamSettings.model_validate(
                {"format": self.format, "contract": self.contract, **given, "table": name}
            )
        except ValidationError as e:
            first = e.errors()[0]
            where = ".".join([name, *map(str, first["loc"])])
            why = first.get("ctx", {}).get("error", first["msg"])
            raise ValueError(f"{where}: {why}") from e

    @property
    def table_names(self) -> tuple[str, ...]:
        """The tables that the stream writes records to."""
        return tuple(self.tables) or ((self.table,) if self.table else ())

    @property
    def identifier(self) -> tuple[str, str]:
        """The table whose snapshots carry the stream's checkpoint, as the catalog names it."""
        if self.objects is not None:
            return OBJECTS
        if self.tables:
            return ROUTED
        namespace, _, name = self.table.partition(".")
        return namespace, name

    @property
    def terms(self) -> tuple[TermName, ...]:
        """The partitioning, parsed."""
        return tuple(map(parse_term, self.partition))


def with_built_in(given: Mapping[str, Any]) -> dict[str, Any]:
    """The declared streams, as they were written, and those that need no declaration.

    Raises ValueError when a built-in stream is made another one.
    """
    streams: dict[str, Any] = {}
    for name, (format_, table, _) in BUILT_IN.items():
        stream = given.get(name, {})
        if not isinstance(stream, Mapping):
            return dict(given)
        for key, own in (("format", format_), ("table", table)):
            if stream.get(key, own) != own:
                raise ValueError(
                    f"{name}.{key} is {own!r}, which the marts build upon; "
                    "declare a stream of another name"
                )
        streams[name] = {**stream, "format": format_, "table": table}
    return streams | {name: stream for name, stream in given.items() if name not in streams}


def check_streams(streams: Mapping[str, StreamSettings]) -> None:
    """Refuse names that can't be, two streams with one table, and two that read one input.

    A line's record id is its number in the stream, and the key of its table. Raises ValueError.
    """
    for name in streams:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a stream: letters, digits, _, . and -")
    tables: dict[str, str] = {}
    for name, stream in streams.items():
        for table in stream.table_names:
            if other := tables.get(table):
                raise ValueError(
                    f"{other}.table and {name}.table are both {table!r}: "
                    "a table has one stream that writes it"
                )
            tables[table] = name
    if len(readers := [name for name, s in streams.items() if STDIN in s.source]) > 1:
        raise ValueError(f"{' and '.join(readers)} both read the standard input")
