"""A result's rows as Athena prints them, a batch at a time."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace

import pyarrow as pa

from lakehouse.athena.errors import not_supported
from lakehouse.athena.render import render_column
from lakehouse.athena.types import ZONED, Type
from lakehouse.query.engine_types import VARCHAR
from lakehouse.query.rendering import Renderer, Rewriting, unchanged
from lakehouse.query.results import Column, Result

# Types whose text is the engine's own.
_SAME = frozenset({
    "bigint", "integer", "smallint", "tinyint", "varchar", "char", "json", "uuid", "decimal",
    "boolean", "unknown",
})  # fmt: skip
# Stored as something that says less than the value: a count, or an instant without its zone.
_STORED_OTHERWISE = frozenset({"interval day to second", "interval year to month", ZONED})


def printed(result: Result, types: Sequence[Type]) -> Result:
    """The result with every value as Athena's text, for tables and CSV."""
    return as_printed(result, types).applied(result)


def readable(result: Result, types: Sequence[Type]) -> Result:
    """The result with Athena's text where a stored value would say less, for JSON and Parquet."""
    return as_stored(result, types).applied(result)


def as_printed(result: Result, types: Sequence[Type]) -> Rewriting:
    """Every value as Athena's text.

    The columns keep the types of the values, by which they are aligned and quoted.
    """
    if result.plan:
        return unchanged(result)
    return _with_text(result, result.columns, types, set(range(len(types))))


def as_stored(result: Result, types: Sequence[Type]) -> Rewriting:
    """Athena's text where a stored value would say less.

    An interval would be a bare number, and a moment would lose its zone.
    """
    chosen = {i for i, made in enumerate(types) if _says_less(made)}
    columns = tuple(
        replace(column, type=VARCHAR) if i in chosen else column
        for i, column in enumerate(result.columns)
    )
    return _with_text(result, columns, types, chosen) if chosen else unchanged(result)


def _says_less(made: Type) -> bool:
    if made.base in _STORED_OTHERWISE:
        return made.zone != "UTC"
    return any(map(_says_less, made.children))


def _with_text(
    result: Result, columns: tuple[Column, ...], types: Sequence[Type], chosen: Set[int]
) -> Rewriting:
    fields = [
        pa.field(field.name, pa.large_string()) if i in chosen else field
        for i, field in enumerate(result.schema)
    ]
    schema = pa.schema(fields)

    def rewritten(renderer: Renderer, batch: pa.RecordBatch) -> pa.RecordBatch:
        made = batch.columns
        for i, texts in _texts(renderer, batch, types, sorted(chosen)):
            made[i] = texts
        return pa.RecordBatch.from_arrays(made, schema=schema)

    return Rewriting(columns, schema, rewritten)


def _texts(
    renderer: Renderer, batch: pa.RecordBatch, types: Sequence[Type], chosen: Sequence[int]
) -> Iterator[tuple[int, pa.Array]]:
    """The text of each chosen column: by the engine where it knows how, else value by value."""
    expressions = [_expression(f"#{i + 1}", types[i]) for i in chosen]
    engine = [text or f"#{i + 1}" for i, text in zip(chosen, expressions, strict=True)]
    rendered = renderer.render(pa.Table.from_batches([batch]), engine)
    for column, i in enumerate(chosen):
        values = rendered.column(column).combine_chunks()
        if not expressions[column]:
            values = pa.array(render_column(_python(values, types[i]), types[i]))
        yield i, values.cast(pa.large_string())


def _python(values: pa.Array, made: Type) -> list[object]:
    try:
        return list(values.to_pylist())
    except (OverflowError, ValueError):
        raise not_supported(f"A {made} before the year 1 or after 9999 in a result") from None


def _expression(value: str, made: Type) -> str | None:
    """SQL for the text of a value, or None if the engine can't write it as Athena does."""
    if made.base == "decimal" and made.precision == made.scale:
        # The engine leaves out the zero before the point: .50.
        return f"regexp_replace(CAST({value} AS VARCHAR), '^(-?)[.]', '\\10.')"
    if made.base in _SAME:
        return f"CAST({value} AS VARCHAR)"
    if made.base == "date":
        # Cast, the year 0 would be a year BC.
        return f"strftime({value}, '%Y-%m-%d')"
    if made.base == "timestamp" or (made.base == ZONED and made.zone == "UTC"):
        shown = f"strftime({value}, '%Y-%m-%d %H:%M:%S.%f')"
        # Of six digits Athena shows the type's, at least three.
        text = f"left({shown}, length({shown}) - {6 - max(3, made.precision)})"
        return f"{text} || ' UTC'" if made.base == ZONED else text
    return None
