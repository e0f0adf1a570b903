"""Lines that a person's own pattern takes apart: grok and regular expressions."""

import re

from lakehouse.athena.engine.function_error import FunctionError
from lakehouse.athena.engine.serde_patterns import (
    grok_fields,
    grok_names,
    regex_fields,
    regex_groups,
)
from lakehouse.athena.errors import AthenaError
from lakehouse.athena.statements.hive_types import type_of_glue
from lakehouse.crawler.kinds import STRING, Kind
from lakehouse.crawler.naming import legal, unique
from lakehouse.crawler.sampling import Sample, UnclassifiedError
from lakehouse.crawler.schemas import FileColumn, FileSchema
from lakehouse.crawler.texts import Found, decoded
from lakehouse.crawler_settings import ClassifierSettings
from lakehouse.errors import ConfigError

_GOOD = 0.8  # of the lines must match
_TYPED = re.compile(r"%\{\w+:([\w.\-\[\]@]+):(\w+)\}")
_TYPES = {"byte": "tinyint", "short": "smallint", "int": "int", "integer": "int",
          "long": "bigint", "float": "float", "double": "double", "boolean": "boolean",
          "date": "date", "string": "string", "bigint": "bigint"}  # fmt: skip


def check_pattern(name: str, told: ClassifierSettings) -> None:
    """Raise ConfigError for a classifier whose pattern or types make no sense."""
    try:
        if told.regex and (groups := regex_groups(told.regex)) != len(told.columns):
            message = f"regex has {groups} groups for {len(told.columns)} columns"
            raise ConfigError(f"[classifiers.{name}] {message}", hint="a group gives a column")
        for column, kind in told.columns.items():
            type_of_glue(kind)
            if legal(column, "") != column:
                hint = f"such as {legal(column, 'column')!r}"
                message = f"[classifiers.{name}] {column!r} is no name of a column"
                raise ConfigError(message, hint=hint)
        if told.grok and not grok_names(told.grok, custom_patterns(told)):
            message = f"[classifiers.{name}] grok names no field"
            raise ConfigError(message, hint='a field is named so: "%{IP:client_ip}"')
    except (FunctionError, AthenaError, re.error) as e:
        hint = "see docs/crawler.md, custom classifiers"
        raise ConfigError(f"[classifiers.{name}] {e}", hint=hint) from e


def patterned(sample: Sample, name: str, told: ClassifierSettings) -> Found:
    """The schema of a file whose lines match. Raises UnclassifiedError for another."""
    text, encoding = decoded(sample)
    lines = [line for line in text.split("\n") if line.strip()]
    custom = custom_patterns(told)
    if told.grok:
        matched = sum(
            grok_fields(line.rstrip("\r"), told.grok, custom) is not None for line in lines
        )
    else:
        matched = sum(regex_fields(line.rstrip("\r"), told.regex, "") is not None for line in lines)
    if matched < _GOOD * len(lines):
        raise UnclassifiedError(f"its lines don't match the classifier {name}")
    notes: tuple[str, ...] = ()
    if matched < len(lines):
        notes = (f"{len(lines) - matched:,} of the lines that were read don't match {name}",)
    label = told.classification or name
    if told.grok:
        grok = (("input.format", told.grok), ("input.grokCustomPatterns", custom))
        return FileSchema("grok", label, _grok_columns(told, custom), grok, encoding), notes
    columns = tuple(FileColumn(column, Kind(kind)) for column, kind in told.columns.items())
    regex = (("input.regex", told.regex),)
    return FileSchema("regex", label, columns, regex, encoding), notes


def custom_patterns(told: ClassifierSettings) -> str:
    """A classifier's own patterns as the SerDe takes them, a line each."""
    return "\n".join(f"{name} {pattern}" for name, pattern in told.patterns.items())


def _grok_columns(told: ClassifierSettings, custom: str) -> tuple[FileColumn, ...]:
    typed = {name.lower(): _TYPES.get(kind.lower()) for name, kind in _TYPED.findall(told.grok)}
    names = grok_names(told.grok, custom)
    legals = unique(legal(name, f"col{place}") for place, name in enumerate(names, start=1))
    return tuple(
        FileColumn(made, Kind(typed.get(name) or STRING.base), name)
        for made, name in zip(legals, names, strict=True)
    )
