"""The order log of one day, as lines and as CSV text in the columns of the UCI data."""

from datetime import date

import numpy as np
import polars as pl

from ingest.generator.draws import Purpose, pick, stream
from ingest.generator.seasons import HOUR_WEIGHTS, busyness
from ingest.generator.shop import Shop
from lakehouse.config import GenerateSettings

_EPOCH = date(2000, 1, 1)
# More invoices than any day writes, so that numbers need no knowledge of the days before.
_INVOICES_PER_DAY = 1_000
_ANONYMOUS_SHARE = 0.16
_CANCELLED_SHARE = 0.017


def order_lines(shop: Shop, settings: GenerateSettings, day: date) -> pl.DataFrame:
    """The lines of one day in log order, one column per column of the log; empty when closed."""
    random = stream(settings.seed, Purpose.ORDERS, day.toordinal())
    orders = int(random.poisson(settings.orders_per_day * busyness(day)))
    sizes = np.clip(np.rint(random.lognormal(2.5, 1.15, orders)), 1, 600).astype(np.int64)
    minute = np.sort(pick(random, np.cumsum(HOUR_WEIGHTS), orders) * 60)
    minute += random.integers(0, 60, orders)
    customer = pick(random, shop.activity, orders)
    anonymous = random.random(orders) < _ANONYMOUS_SHARE
    order = np.repeat(np.arange(orders), sizes)
    item = pick(random, shop.item_weights, len(order))
    quantity = np.clip(np.rint(random.lognormal(1.38, 1.22, len(order))), 1, 5_000)
    cancelled = random.random(len(order)) < _CANCELLED_SHARE
    invoice = (day - _EPOCH).days * _INVOICES_PER_DAY + order
    at = np.datetime64(day, "ms") + minute[order].astype("timedelta64[m]")
    return (
        pl.DataFrame(
            {
                "InvoiceNo": pl.Series(invoice).cast(pl.String),
                "StockCode": shop.codes.gather(item),
                "Description": shop.descriptions.gather(item),
                "Quantity": np.where(cancelled, -quantity, quantity).astype(np.int64),
                "InvoiceDate": at,
                "UnitPrice": shop.prices[item],
                "CustomerID": pl.Series(shop.customer_numbers[customer[order]]),
                "Country": shop.countries.gather(customer[order]),
            }
        )
        .with_columns(
            InvoiceNo=pl.when(pl.Series(cancelled))
            .then("C" + pl.col("InvoiceNo"))
            .otherwise("InvoiceNo"),
            CustomerID=pl.when(~pl.Series(anonymous[order])).then("CustomerID"),
        )
        .sort("InvoiceDate", maintain_order=True)
    )


def csv_text(lines: pl.DataFrame) -> bytes:
    """The file that holds these lines: header, comma separated, times to the second."""
    return lines.write_csv(datetime_format="%Y-%m-%d %H:%M:%S").encode()
