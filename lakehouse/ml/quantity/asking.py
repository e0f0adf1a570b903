"""One question at a time: the features of a line that is not in the data, as of its end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log

import numpy as np
import polars as pl

from lakehouse.ml.forecast.panel import Floats
from lakehouse.ml.quantity.features import FEATURES, LOG_QUANTITY, LOG_VALUE, RECENT_LINES

Values = dict[str, float | None]


@dataclass(frozen=True)
class Question:
    """An order line without its quantity; the price in pounds a unit, the moment in UTC.

    Without a country the customer's last one is taken.
    """

    customer_id: str
    product_id: str
    unit_price: float
    ordered_at: datetime
    country: str | None = None


@dataclass(frozen=True)
class History:
    """What the clean lines say at their end, looked up by key."""

    pairs: dict[tuple[str, str], Values]
    products: dict[str, Values]
    customers: dict[str, Values]
    countries: dict[str, Values]
    last_orders: dict[str, tuple[datetime, str]]

    def features(self, questions: Sequence[Question]) -> Floats:
        """FEATURES of each question, NaN for what has no past."""
        rows = [self._row(question) for question in questions]
        return np.array([[row[name] for name in FEATURES] for row in rows], dtype=np.float64)

    def knows(self, question: Question) -> tuple[bool, bool]:
        """Whether the customer, and the product, have been seen."""
        return question.customer_id in self.customers, question.product_id in self.products

    def _row(self, asked: Question) -> Values:
        at = asked.ordered_at
        last_at, last_country = self.last_orders.get(asked.customer_id, (None, None))
        product = self.products.get(asked.product_id, {"product_lines": 0})
        customer = self.customers.get(asked.customer_id, {})
        price, usual = log(asked.unit_price), product.get("product_log_price")
        value = customer.get("customer_log_value")
        return {
            "last_quantity": None,
            "times_bought": 0,
            "pair_log_quantity": None,
            "product_log_quantity": None,
            "product_recent_median": None,
            "product_recent_most": None,
            "customer_log_quantity": None,
            "customer_lines": 0,
            "customer_log_value": None,
            "affordable_log_quantity": None if value is None else value - price,
            "customer_orders": 0,
            "country_log_quantity": None,
            **self.pairs.get((asked.customer_id, asked.product_id), {}),
            **product,
            **customer,
            **self.countries.get(asked.country or last_country or "", {}),
            "days_since_order": (at - last_at).total_seconds() / 86_400 if last_at else None,
            "log_price": price,
            "relative_price": None if usual is None else price - usual,
            "month": at.month,
            "weekday": at.isoweekday(),
            "hour": at.hour,
        }


def remember(lines: pl.DataFrame) -> History:
    """The history in clean lines, sorted as `clean` sorts them."""
    logs = LOG_QUANTITY.mean()
    recent = pl.col("quantity").tail(RECENT_LINES).cast(pl.Float64)
    price = pl.col("unit_price").log().mean().alias("product_log_price")
    pair = lines.group_by("customer_id", "product_id", maintain_order=True).agg(
        pl.col("quantity").last().cast(pl.Float64).alias("last_quantity"),
        pl.len().alias("times_bought"),
        logs.alias("pair_log_quantity"),
    )
    product = lines.group_by("product_id", maintain_order=True).agg(
        logs.alias("product_log_quantity"),
        price,
        pl.len().alias("product_lines"),
        recent.median().alias("product_recent_median"),
        recent.max().alias("product_recent_most"),
    )
    customer = lines.group_by("customer_id").agg(
        logs.alias("customer_log_quantity"),
        pl.len().alias("customer_lines"),
        LOG_VALUE.mean().alias("customer_log_value"),
        pl.col("order_id").n_unique().alias("customer_orders"),
    )
    country = lines.group_by("country").agg(logs.alias("country_log_quantity"))
    last = lines.group_by("customer_id", maintain_order=True).agg(
        pl.col("ordered_at").filter(pl.col("order_id") == pl.col("order_id").last()).min(),
        pl.col("country").last(),
    )
    return History(
        {(row.pop("customer_id"), row.pop("product_id")): row for row in pair.to_dicts()},
        {row.pop("product_id"): row for row in product.to_dicts()},
        {row.pop("customer_id"): row for row in customer.to_dicts()},
        {row.pop("country"): row for row in country.to_dicts()},
        {customer: (at, where) for customer, at, where in last.iter_rows()},
    )
