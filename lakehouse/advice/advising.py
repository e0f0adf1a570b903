"""The advice: layouts worth measuring, the one that reads least, and how to get it."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations, takewhile
from typing import Any, Final

import pyarrow.compute as pc
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.expressions import BooleanExpression, EqualTo, GreaterThanOrEqual
from pyiceberg.transforms import (
    BucketTransform,
    DayTransform,
    IdentityTransform,
    MonthTransform,
    Transform,
    YearTransform,
)
from pyiceberg.types import (
    BooleanType,
    DateType,
    IcebergType,
    IntegerType,
    LongType,
    StringType,
    TimestampType,
    TimestamptzType,
)

from lakehouse.advice.measuring import Costs, Layout, Measured, measure
from lakehouse.advice.questions import Question, filtered, recorded, stated
from lakehouse.advice.sampling import Sample, measurable, sampled
from lakehouse.config import Settings
from lakehouse.errors import CatalogError
from lakehouse.query.executions.table_files import TableFiles
from lakehouse.quoting import identifier
from lakehouse.tables.checkpoints import streams_of

# Less than that is not worth to write a table anew.
GAIN: Final = 0.2
_MOST_COLUMNS = 3
_BUCKETS = 16
_MOST_VALUES = 200
_DATES = (DateType, TimestampType, TimestamptzType)
_TIMES: tuple[Transform[Any, Any], ...] = (YearTransform(), MonthTransform(), DayTransform())
_AT_LEAST: Callable[..., BooleanExpression] = GreaterThanOrEqual
_EQUAL: Callable[..., BooleanExpression] = EqualTo
_HASHED = (IntegerType, LongType, StringType)


@dataclass(frozen=True)
class Advice:
    """What was measured. `best` is the layout to change to, None to leave the table as it is.

    `now` is the table's own partitioning, with its files packed; `files_read` and `bytes_read`
    are what the questions read of the files that lie there today.
    """

    table: str
    source: str
    questions: tuple[Question, ...]
    rows: int
    sampled_rows: int
    files_read: int
    bytes_read: int
    now: Measured
    candidates: tuple[Measured, ...]
    best: Measured | None
    told: str
    commands: tuple[str, ...]


def advise(
    settings: Settings, catalog: Catalog, name: str, conditions: Sequence[str] = ()
) -> Advice:
    """Advice for the table `name`, by `conditions` or else by the recorded queries.

    Raises CatalogError without such a table, QueryError for a condition that is none of its.
    """
    levels = tuple(name.split("."))
    try:
        table = TableFiles(levels, catalog.load_table(levels))
    except (NoSuchTableError, ValueError) as e:
        hint = "`lakehouse catalog tables` lists them"
        raise CatalogError(f"no table {name!r}", hint=hint) from e
    questions, source = stated(conditions, table), "stated"
    if not conditions:
        questions, source = recorded(settings, catalog, table), "recorded"
    usable = [f.name for f in table.schema.fields if measurable(f.field_type)]
    asked = [each for each in filtered(questions, table.schema) if each in usable]
    if source == "recorded" and not asked:
        sample = sampled(table, usable)
        questions, source = [*questions, *_typical(table, sample, usable)], "typical"
        asked = [each for each in filtered(questions, table.schema) if each in usable]
    own = _own(table, usable)
    laid = [*(column for column, _ in own.terms), *own.order]
    columns = list(dict.fromkeys([*asked, *laid]))
    sample = sampled(table, columns or usable[:1])
    return _weighed(table, source, questions, asked[:_MOST_COLUMNS], own, sample)


def _weighed(  # noqa: PLR0913, PLR0917 - what advice is made of
    table: TableFiles,
    source: str,
    questions: Sequence[Question],
    asked: Sequence[str],
    own: Layout,
    sample: Sample,
) -> Advice:
    costs = _costs(table)
    now = measure(sample, table.schema, own, questions, costs)
    if now is None:  # partitioned finer than any layout that is measured
        own = Layout()
        now = measure(sample, table.schema, own, questions, costs)
    assert now is not None  # noqa: S101 - without partitions there is one
    layouts = {
        (each.partitioning, each.order): each for each in _layouts(table, asked, sample, own)
    }
    found = [measure(sample, table.schema, each, questions, costs) for each in layouts.values()]
    measured = sorted((m for m in found if m), key=lambda m: (m.cost, m.files, len(m.order)))
    lying = [table.needed(q.columns, q.where) for q in questions]
    files = sum(n.files * q.times for n, q in zip(lying, questions, strict=True))
    size = sum(n.bytes * q.times for n, q in zip(lying, questions, strict=True))
    best = measured[0] if measured and measured[0].cost < now.cost * (1 - GAIN) else None
    packing = not best and files * costs.open_bytes + size > now.cost * (1 + GAIN)
    told, commands = _conclusion(table, now, best, packing=packing, asked=bool(asked))
    return Advice(
        table=table.name,
        source=source,
        questions=tuple(questions),
        rows=table.rows,
        sampled_rows=sample.rows.num_rows,
        files_read=files,
        bytes_read=size,
        now=now,
        candidates=tuple(measured),
        best=best,
        told=told,
        commands=commands,
    )


def _layouts(
    table: TableFiles, asked: Sequence[str], sample: Sample, own: Layout
) -> Iterator[Layout]:
    """Each column by itself, two together, and what is not parted by as the order within."""
    kinds = {name: table.schema.find_field(name).field_type for name in asked}
    values = {name: pc.count_distinct(sample.rows.column(name)).as_py() for name in asked}
    terms = {name: list(_terms(name, kinds[name], values[name])) for name in asked}
    orders = [order for length in (1, 2) for order in permutations(asked, length)]
    yield Layout()
    yield from (Layout((), order) for order in orders)
    yield from (Layout(own.terms, (column,)) for column in asked if own.terms)
    for name in asked:
        for term in terms[name]:
            yield Layout((term,))
            yield from (Layout((term,), (each,)) for each in asked if str(term[1]) != "identity")
            yield from (Layout((term,), (each,)) for each in asked if each != name)
    for one, other in permutations(asked, 2):
        # Files are the same in whichever order the terms stand: dates go first.
        if isinstance(kinds[one], _DATES) and not isinstance(kinds[other], _DATES):
            yield from (Layout((a, b)) for a in terms[one] for b in terms[other])


def _terms(name: str, kind: IcebergType, values: int) -> Iterator[tuple[str, Transform[Any, Any]]]:
    if isinstance(kind, _DATES):
        yield from ((name, each) for each in _TIMES)
        return
    if values <= _MOST_VALUES:
        yield name, IdentityTransform()
    if isinstance(kind, _HASHED) and values > _BUCKETS:
        yield name, BucketTransform(_BUCKETS)


def _own(table: TableFiles, usable: Sequence[str]) -> Layout:
    """The table's partitioning and sort order, but for columns that can't be measured."""
    names = {field.field_id: field.name for field in table.schema.fields}
    terms = [
        (names[field.source_id], field.transform)
        for field in table.table.spec().fields
        if names.get(field.source_id) in usable and str(field.transform) != "void"
    ]
    order = [names.get(field.source_id, "") for field in table.table.sort_order().fields]
    known = takewhile(lambda name: name in usable, order)
    return Layout(tuple(terms), tuple(known))


def _typical(table: TableFiles, sample: Sample, usable: Sequence[str]) -> Iterator[Question]:
    """What is likely to be asked: the last 30 days, and one value of columns that have few."""
    every = frozenset(field.name for field in table.schema.fields)
    for name in usable:
        kind, column = table.schema.find_field(name).field_type, sample.rows.column(name)
        last = pc.max(column).as_py()
        if last is None or isinstance(kind, BooleanType):
            continue
        if isinstance(kind, _DATES):
            span = 30 if isinstance(kind, DateType) else 30 * 86_400_000_000
            text = f"{name}: its last 30 days"
            yield Question(_AT_LEAST(name, last - span), every, 1, text)
        elif isinstance(kind, _HASHED) and pc.count_distinct(column).as_py() <= _MOST_VALUES:
            counts = pc.value_counts(column.drop_null())
            value = max(counts.to_pylist(), key=lambda each: each["counts"])["values"]
            yield Question(_EQUAL(name, value), every, 1, f"{name} = {value!r}")


def _costs(table: TableFiles) -> Costs:
    properties = table.table.properties
    size = properties.get("write.target-file-size-bytes", str(512 * 1024 * 1024))
    opening = properties.get("read.split.open-file-cost", str(4 * 1024 * 1024))
    return Costs(int(size), int(opening))


def _conclusion(
    table: TableFiles, now: Measured, best: Measured | None, *, packing: bool, asked: bool
) -> tuple[str, tuple[str, ...]]:
    if best is None:
        if packing:
            told = "leave its layout as it is, but pack its files"
            return told, (f"lakehouse tables maintain {table.name} --full",)
        if not asked:
            return "leave it as it is: no condition asks for a part of it", ()
        return f"leave it as it is: nothing reads {GAIN:.0%} less", ()
    parted = f"partition it by {', '.join(best.partitioning)}" if best.partitioning else ""
    sorted_by = f"sort it by {', '.join(best.order)}" if best.order else ""
    what = " and ".join(filter(None, (parted, sorted_by))) or "don't partition it"
    told = f"{what}: {1 - best.cost / max(now.cost, 1):.0%} less to read"
    same = best.partitioning == now.partitioning
    if same and best.order and len(table.table.spec().fields) == len(best.partitioning):
        columns = shlex.quote(", ".join(best.order))
        return told, (f"lakehouse tables maintain {table.name} --sort-by {columns}",)
    if streams := streams_of(table.table.metadata):
        told += (
            f". It is written by {', '.join(streams)}: an own copy for these queries is safer than"
            " its place"
        )
    return told, _commands(table, best)


def _commands(table: TableFiles, best: Measured) -> tuple[str, ...]:
    made = f"{table.name}_new"
    terms = ", ".join("'" + term.replace("'", "''") + "'" for term in best.partitioning)
    parting = f", partitioning = ARRAY[{terms}]" if terms else ""
    order = f" ORDER BY {', '.join(map(identifier, best.order))}" if best.order else ""
    names = [".".join(map(identifier, name.split("."))) for name in (made, table.name)]
    return (
        f"CREATE TABLE {names[0]} WITH (table_type = 'ICEBERG'{parting})"
        f" AS SELECT * FROM {names[1]}{order}",
        f"lakehouse catalog rename {table.name} {table.name}_old",
        f"lakehouse catalog rename {made} {table.name}",
    )
