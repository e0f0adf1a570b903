"""The format of an order log: text fields to the typed columns of the landing table.

A line lands when every field can be held exactly. `quantity` is a whole number (`6`, `6.0`),
`unit_price` a decimal of at most four places, `customer_id` digits (`17850`, `17850.0`) or
nothing, the date as the file writes it. Invoice, stock code, description and country stay as
logged, to the space.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ingest.csv_fields import REPEATED, Fields, read_fields
from ingest.records import Parsed
from ingest.rejects import Reason
from ingest.screening import Block, Text, screen
from ingest.values import ISO_DATES, Values, customers, dates, prices, quantities

Flags: TypeAlias = npt.NDArray[np.bool_]

COLUMNS = (
    "invoice_no",
    "stock_code",
    "description",
    "quantity",
    "invoice_date",
    "unit_price",
    "customer_id",
    "country",
)
_REPEATED_COLUMNS = {"description", "quantity", "invoice_date", "unit_price", "customer_id"}
_TYPES = {name: REPEATED if name in _REPEATED_COLUMNS else pa.string() for name in COLUMNS}
# What decimal(18, 4) holds: an amount beyond it would fail the marts later.
_LARGEST_AMOUNT = 10.0**14


@dataclass(frozen=True)
class OrderFormat:
    """How one log writes its lines: the order of its columns, and its dates."""

    columns: tuple[str, ...] = COLUMNS
    dates: str = ISO_DATES


def parse(text: Text, form: OrderFormat) -> Parsed:
    """The lines of `text` as typed rows and rejects; together they are all of its lines.

    `text` ends with a newline.
    """
    block = Block(text)
    screen(block)
    fields = read_fields(block, form.columns, _TYPES)
    rows, bad = _typed(fields, form, block)
    lines = fields.lines
    if bad.any():
        lines = (np.arange(block.count) if lines is None else lines)[~bad]
        rows = rows.filter(pa.array(~bad))
    rejects = tuple(block.rejects[n] for n in sorted(block.rejects))
    return Parsed(rows, lines, rejects, block.count)


def _typed(fields: Fields, form: OrderFormat, block: Block) -> tuple[pa.Table, Flags]:
    """The typed rows, and which of them are none: those are refused in `block`."""
    bad = np.zeros(len(fields.table), dtype=bool)

    def refuse(flags: Flags | None, reason: Reason, column: str) -> None:
        if flags is not None:
            rows = np.flatnonzero(flags & ~bad)
            lines = rows if fields.lines is None else fields.lines[rows]
            texts = fields.table[column].take(pa.array(rows)).to_pylist()
            for line, text in zip(lines, texts, strict=True):
                block.reject(int(line), reason, f"{column} {text!r}" if text else f"no {column}")
            np.logical_or(bad, flags, out=bad)

    columns = dict(zip(fields.table.column_names, fields.table.columns, strict=True))
    distinct: dict[str, pa.Array] = {}
    for name, reason in _REQUIRED:
        refuse(_blank(columns[name]), reason, name)
    for name, convert, missing in _CONVERTED:
        chosen = dates(form.dates) if convert is None else convert
        columns[name], distinct[name], problems = _convert(columns[name], chosen, missing)
        for reason, flags in problems.items():
            refuse(flags, reason, name)
    if _largest(distinct["quantity"]) * _largest(distinct["unit_price"]) >= _LARGEST_AMOUNT:
        too_large = _too_large(columns["quantity"], columns["unit_price"])
        refuse(too_large, Reason.OUT_OF_RANGE, "quantity")
    return pa.table({name: columns[name] for name in COLUMNS}), bad


_REQUIRED = (
    ("invoice_no", Reason.MISSING_INVOICE),
    ("stock_code", Reason.MISSING_STOCK_CODE),
)
# The conversion (None: the dates of the log), and the reason when there is no text.
_CONVERTED: tuple[tuple[str, Callable[[pa.Array], Values] | None, Reason | None], ...] = (
    ("quantity", quantities, Reason.BAD_QUANTITY),
    ("invoice_date", None, Reason.BAD_DATE),
    ("unit_price", prices, Reason.BAD_PRICE),
    ("customer_id", customers, None),
)


def _blank(column: pa.ChunkedArray) -> Flags | None:
    """Where there is nothing but spaces, None when that is nowhere."""
    if not column.null_count and not pc.any(pc.ascii_is_space(column)).as_py():
        return None
    return _flags(pc.fill_null(pc.ascii_is_space(column), True))


def _convert(
    column: pa.ChunkedArray, convert: Callable[[pa.Array], Values], missing: Reason | None
) -> tuple[pa.ChunkedArray, pa.Array, dict[Reason, Flags]]:
    """The column converted, its distinct values, and where there is no value, by reason."""
    texts = column.unify_dictionaries().combine_chunks()
    values = convert(texts.dictionary)
    problems = {}
    if missing and texts.null_count:
        problems[missing] = _flags(texts.is_null())
    for reason in {*values.reasons.values()}:
        wrong = [n for n, found in values.reasons.items() if found is reason]
        at = pc.is_in(texts.indices, pa.array(wrong, pa.int32()))
        flags = _flags(pc.fill_null(at, False))
        problems[reason] = problems[reason] | flags if reason in problems else flags
    return pa.chunked_array([_mapped(texts, values.typed)]), values.typed, problems


def _mapped(texts: pa.DictionaryArray, values: pa.Array) -> pa.Array:
    """The column with a value for each of its distinct texts; what is text stays a dictionary."""
    if not pa.types.is_string(values.type):
        return values.take(texts.indices)
    distinct = values.dictionary_encode()
    indices = distinct.indices.take(texts.indices)
    return pa.DictionaryArray.from_arrays(indices, distinct.dictionary)


def _largest(values: pa.Array) -> float:
    return float(pc.max(pc.abs(values.cast(pa.float64(), safe=False))).as_py() or 0)


def _too_large(quantity: pa.ChunkedArray, price: pa.ChunkedArray) -> Flags:
    amount = pc.abs(pc.multiply(quantity.cast(pa.float64(), safe=False), price.cast(pa.float64())))
    return _flags(pc.fill_null(pc.greater_equal(amount, _LARGEST_AMOUNT), False))


def _flags(values: pa.Array | pa.ChunkedArray) -> Flags:
    flags: Flags = values.to_numpy(zero_copy_only=False)
    return flags
