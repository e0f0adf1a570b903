"""The format of an order log: text fields to the typed columns of the landing table.

A line lands when every field can be held exactly. `quantity` is a whole number (`6`, `6.0`),
`unit_price` a decimal of at most four places, `customer_id` digits (`17850`, `17850.0`) or
nothing, the date as the file writes it. Invoice, stock code, description and country stay as
logged, to the space.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from ingest.rejects import Reason, Reject
from ingest.screening import Block, Numbers, field_counts, screen
from ingest.values import ISO_DATES, Values, customers, dates, prices, quantities

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
# A log repeats its invoices, dates, prices and customers: the parser makes dictionaries of them
# as fast as strings, and a conversion then looks at each distinct text once.
_DISTINCT = pa.dictionary(pa.int32(), pa.string())
_AS_TEXT = {"stock_code", "description"}
# What decimal(18, 4) holds: an amount beyond it would fail the marts later.
_LARGEST_AMOUNT = 10.0**14
_READ = pa_csv.ConvertOptions(
    column_types={n: pa.string() if n in _AS_TEXT else _DISTINCT for n in COLUMNS},
    strings_can_be_null=True,
    null_values=[""],
)
# Longer than any line that is let through: pyarrow refuses a line that spans three of these.
_PARSER_BLOCK = 4 << 20


@dataclass(frozen=True)
class OrderFormat:
    """How one log writes its lines: the order of its columns, and its dates."""

    columns: tuple[str, ...] = COLUMNS
    dates: str = ISO_DATES


@dataclass(frozen=True)
class Parsed:
    """The records of a block of lines; `lines` holds their indices, None when none is missing."""

    rows: pa.Table
    lines: Numbers | None
    rejects: tuple[Reject, ...]
    count: int


def parse(text: bytes, form: OrderFormat) -> Parsed:
    """The lines of `text` as typed rows and rejects; together they are all of its lines."""
    block = screen(text)
    fields, lines = _read_fields(block, form)
    rows, bad = _typed(fields, form, lambda row: _index(lines, row), block)
    if bad.any():
        lines = (np.arange(block.count) if lines is None else lines)[~bad]
        rows = rows.filter(pa.array(~bad))
    rejects = tuple(block.rejects[n] for n in sorted(block.rejects))
    return Parsed(rows, lines, rejects, block.count)


def _index(lines: Numbers | None, row: int) -> int:
    return row if lines is None else int(lines[row])


def _read_fields(block: Block, form: OrderFormat) -> tuple[pa.Table, Numbers | None]:
    """The text fields of the sound lines, and the indices of those lines."""
    text, lines = block.sound_lines()
    skipped = []

    def skip(row: pa_csv.InvalidRow) -> str:
        skipped.append(row)
        return "skip"

    if not text:
        empty = {name: pa.array([], _READ.column_types[name]) for name in form.columns}
        return pa.table(empty), lines
    fields = pa_csv.read_csv(
        pa.BufferReader(text),
        read_options=pa_csv.ReadOptions(column_names=form.columns, block_size=_PARSER_BLOCK),
        parse_options=pa_csv.ParseOptions(ignore_empty_lines=False, invalid_row_handler=skip),
        convert_options=_READ,
    )
    if skipped:
        lines = _refuse_wrong_counts(block, text, lines, len(form.columns))
    return fields, lines


def _refuse_wrong_counts(
    block: Block, text: bytes, lines: Numbers | None, expected: int
) -> Numbers:
    """Refuse the lines the parser has skipped (it doesn't say which); the indices of the rest."""
    counts = field_counts(text)
    lines = np.arange(block.count) if lines is None else lines
    for row in np.flatnonzero(counts != expected):
        index = int(lines[row])
        if block.line(index).strip():
            detail = f"{counts[row]} fields, expected {expected}"
            block.reject(index, Reason.WRONG_COLUMN_COUNT, detail)
        else:
            block.reject(index, Reason.BLANK_LINE, "only spaces in it")
    sound: Numbers = lines[counts == expected]
    return sound


def _typed(
    fields: pa.Table, form: OrderFormat, line_of: Callable[[int], int], block: Block
) -> tuple[pa.Table, npt.NDArray[np.bool_]]:
    """The typed rows, and which of them are none: those are refused in `block`."""
    bad = np.zeros(len(fields), dtype=bool)

    def refuse(rows: npt.NDArray[np.bool_], reason: Reason, column: str) -> None:
        for row in np.flatnonzero(rows):
            value = fields[column][int(row)].as_py()
            block.reject(line_of(int(row)), reason, f"{column} {value!r}")
        np.logical_or(bad, rows, out=bad)

    columns = dict(zip(fields.column_names, fields.columns, strict=True))
    for name, reason in _REQUIRED:
        refuse(_missing(columns[name]), reason, name)
    for name, convert, missing in _CONVERTED:
        chosen = dates(form.dates) if convert is None else convert
        columns[name], problems = _convert(columns[name], chosen, missing)
        for reason, rows in problems.items():
            refuse(rows, reason, name)
    refuse(_too_large(columns["quantity"], columns["unit_price"]), Reason.OUT_OF_RANGE, "quantity")
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


def _missing(column: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """Where there is nothing but spaces."""
    if pa.types.is_dictionary(column.type):
        column = column.unify_dictionaries()
        distinct = column.chunk(0).dictionary if column.num_chunks else pa.array([], pa.string())
        if not column.null_count and not _blank(distinct).any():
            return np.zeros(len(column), dtype=bool)
        column = column.cast(pa.string())
    return _blank(column)


def _blank(texts: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    blank = pc.equal(pc.binary_length(pc.ascii_trim_whitespace(texts)), 0)
    found: npt.NDArray[np.bool_] = pc.fill_null(blank, True).to_numpy(zero_copy_only=False)
    return found


def _convert(
    column: pa.ChunkedArray, convert: Callable[[pa.Array], Values], missing: Reason | None
) -> tuple[pa.ChunkedArray, dict[Reason, npt.NDArray[np.bool_]]]:
    """The column with its distinct texts converted, and where there is no value, by reason."""
    texts = column.unify_dictionaries().combine_chunks()
    values = convert(texts.dictionary)
    problems = {}
    if missing and texts.null_count:
        problems[missing] = texts.is_null().to_numpy(zero_copy_only=False)
    for reason in {r for r in values.reasons if r}:
        wrong = [n for n, found in enumerate(values.reasons) if found is reason]
        at = pc.fill_null(pc.is_in(texts.indices, pa.array(wrong, pa.int32())), False)
        found = at.to_numpy(zero_copy_only=False)
        problems[reason] = problems[reason] | found if reason in problems else found
    return pa.chunked_array([values.typed.take(texts.indices)]), problems


def _too_large(quantity: pa.ChunkedArray, price: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    amount = pc.multiply(quantity.cast(pa.float64(), safe=False), price.cast(pa.float64()))
    found: npt.NDArray[np.bool_] = pc.fill_null(
        pc.greater_equal(pc.abs(amount), _LARGEST_AMOUNT), False
    ).to_numpy(zero_copy_only=False)
    return found
