"""What a crawler is: `[crawlers.NAME]` and `[classifiers.NAME]` of lakehouse.toml."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ByteSize,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from lakehouse.cron import parse_schedule
from lakehouse.object_keys.patterns import matcher

_DATABASE = re.compile(r"[a-z_][a-z0-9_]*")
_PREFIX = re.compile(r"[a-z0-9_]*")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
# The lakehouse's own tables; raw files have a database of theirs.
_RESERVED = ("core", "reports", "landing", "ops", "ml", "main", "information_schema")

Delimiter = Literal[",", "|", "\t", ";", "\x01"]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class ClassifierSettings(_Table):
    """How files of lines are recognized that no built-in classifier knows, or knows otherwise.

    One of: `grok`, a format of named patterns, `patterns` those it needs beside the known ones;
    `regex`, whose groups are the `columns`, names with their types; `delimiter`, of CSV, with a
    `header` that is there, is not, or is looked for. `classification` names it in the catalog.
    """

    grok: str = ""
    patterns: dict[str, str] = Field(default_factory=dict)
    regex: str = ""
    columns: dict[str, str] = Field(default_factory=dict)
    delimiter: Delimiter | None = None
    header: Literal["present", "absent", "detect"] = "detect"
    classification: str = ""

    @model_validator(mode="after")
    def _one_way(self) -> "ClassifierSettings":
        if sum(map(bool, (self.grok, self.regex, self.delimiter))) != 1:
            raise ValueError("a classifier has one of grok, regex and delimiter")
        if bool(self.regex) != bool(self.columns):
            raise ValueError('regex and columns belong together: columns = { ip = "string" }')
        if self.patterns and not self.grok:
            raise ValueError("patterns are for grok")
        return self


class CrawlerSettings(_Table):
    """Which files a crawler looks at, and what becomes of what it finds.

    `exclude` are patterns of paths below `path`. Of each folder at most `sample_files` files (of a
    kind of name) are read, of each at most `sample_bytes`. `table_level` counts from `path`,
    which is 1. The behaviours are those of Glue's schema change policy. `to_iceberg` names the
    database that the rows are landed in as well, in Iceberg tables of the same names.
    """

    path: Path = Field(validate_default=False)
    database: str = "raw"
    table_prefix: str = ""
    classifiers: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    update_behavior: Literal["update", "log"] = "update"
    delete_behavior: Literal["deprecate", "log", "delete"] = "deprecate"
    recrawl: Literal["everything", "new_folders_only"] = "everything"
    table_level: Annotated[int, Field(ge=1, le=64)] | None = None
    combine_compatible: bool = False
    schedule: str = ""
    to_iceberg: str = ""
    sample_bytes: Annotated[ByteSize, Field(ge=1 << 10, le=64 << 20)] = ByteSize(256 << 10)
    sample_files: Annotated[int, Field(ge=1, le=1_000_000)] = 100

    def located(self, root: Path) -> "CrawlerSettings":
        """The same, with a relative path taken from `root`."""
        return self.model_copy(update={"path": root / self.path.expanduser()})

    @field_validator("database", "to_iceberg")
    @classmethod
    def _names_a_database(cls, given: str, info: ValidationInfo) -> str:
        if not given and info.field_name == "to_iceberg":
            return given
        if not _DATABASE.fullmatch(given):
            raise ValueError("a database is named in lower case, digits and _")
        if given in _RESERVED:
            raise ValueError("that database holds the lakehouse's own tables; choose another")
        return given

    @field_validator("table_prefix")
    @classmethod
    def _begins_a_name(cls, given: str) -> str:
        if not _PREFIX.fullmatch(given):
            raise ValueError("a prefix is of lower case, digits and _")
        return given

    @field_validator("exclude", "classifiers", mode="before")
    @classmethod
    def _several(cls, given: object) -> object:
        return (given,) if isinstance(given, str) else given

    @field_validator("exclude")
    @classmethod
    def _patterns(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        matcher(given)
        return given

    @model_validator(mode="after")
    def _two_databases(self) -> "CrawlerSettings":
        if self.to_iceberg == self.database:
            raise ValueError("to_iceberg is another database than the external tables'")
        return self

    @field_validator("schedule")
    @classmethod
    def _cron(cls, given: str) -> str:
        if given:
            parse_schedule(given)
        return given


def check_crawlers(
    crawlers: Mapping[str, CrawlerSettings], classifiers: Mapping[str, ClassifierSettings]
) -> None:
    """Raise ValueError for a name that is none, and for a classifier that is not there."""
    for name, crawler in crawlers.items():
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a crawler: letters, digits, ., _ and -")
        for wanted in crawler.classifiers:
            if wanted not in classifiers:
                known = ", ".join(classifiers) or "none"
                raise ValueError(
                    f"{name}.classifiers: no [classifiers.{wanted}]; there are: {known}"
                )
