"""The order logs of a week's days: lines in the columns of the UCI data, and CSV text."""

import csv
from datetime import date, timedelta

import polars as pl
import pyarrow as pa

from ingest.generator.assortment import is_service, open_assortment
from ingest.generator.customers import COUNTRIES, FIRST_NUMBER
from ingest.generator.damage import damaged
from ingest.generator.day_texts import split_by_day
from ingest.generator.draws import Ints, Trait, hashed
from ingest.generator.invoices import MINUTES, PREFIX, UNKNOWN, Kind
from ingest.generator.weeks import Week
from lakehouse.config import GenerateSettings

HEADER = b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"

_CLOCK = [f"{minute // 60:02}:{minute % 60:02}:00" for minute in range(MINUTES)]
_PREFIXES = [PREFIX.get(kind, "") for kind in Kind]
# Letters of a code are typed small now and then: on 0.4 % of the lines in the real log.
_TYPED_SMALL = 0.015


def order_lines(settings: GenerateSettings, week: Week) -> pl.DataFrame:
    """The lines of a week in log order, one column per column of the log, times as text."""
    lines = week.invoices.lines
    assortment = open_assortment(settings.seed)
    minute = week.invoices.minute[lines.invoice]
    small = hashed(settings.seed, Trait.SPELLING, lines.item, minute) < _TYPED_SMALL
    small &= ~is_service(lines.item)
    # Not by expressions: of a week's lines they take longer to plan than to work out.
    invoice = pl.Series(lines.invoice)
    heads = {column.name: column[invoice] for column in _heads(week)}
    return pl.DataFrame(
        {
            "InvoiceNo": heads["InvoiceNo"],
            "StockCode": assortment.spelled(lines.item, small),
            "Description": assortment.texts[lines.text],
            "Quantity": lines.quantity,
            "InvoiceDate": heads["InvoiceDate"],
            "UnitPrice": lines.pence / 100,
            "CustomerID": heads["CustomerID"],
            "Country": heads["Country"],
        }
    )


def order_texts(settings: GenerateSettings, week: Week) -> dict[date, bytes]:
    """The log lines of each trading day of the week, without a header."""
    text = order_lines(settings, week).write_csv(include_header=False).encode()
    day = week.invoices.day[week.invoices.lines.invoice]
    return {each: damaged(settings, each, lines) for each, lines in split_by_day(text, day).items()}


def day_of_order(line: bytes) -> date:
    """The day an order line was written on. Raises ValueError when it is no order line."""
    fields = next(csv.reader([line.decode()]))
    return date.fromisoformat(fields[4][:10])


def _heads(week: Week) -> pl.DataFrame:
    """What all lines of an invoice share, one row per invoice."""
    invoices = week.invoices
    days = [str(week.monday + timedelta(days=n)) for n in range(7)]
    since = (invoices.minute - week.monday.toordinal() * MINUTES).tolist()
    names = zip(invoices.kind.tolist(), week.numbers.tolist(), strict=True)
    return pl.DataFrame(
        {
            "InvoiceNo": pl.Series([f"{_PREFIXES[k]}{n}" for k, n in names], dtype=pl.String),
            "InvoiceDate": pl.Series(
                [f"{days[m // MINUTES]} {_CLOCK[m % MINUTES]}" for m in since], dtype=pl.String
            ),
            "CustomerID": _numbers(invoices.customer),
            "Country": pl.Series(COUNTRIES)[invoices.country],
        }
    )


def _numbers(customer: Ints) -> pl.Series:
    """The numbers of customers, null for those who have none."""
    return pl.Series(pa.array(customer + FIRST_NUMBER, mask=customer == UNKNOWN))
