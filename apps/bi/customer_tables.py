"""The tables of the customers page: rows, and how their columns look."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from apps.bi import groups, wording
from apps.bi.charts import ACCENT
from apps.bi.queries.customers import Segment

_LABELS = {value: label for label, value in groups.SEGMENTS.items()}
_MONEY = f"{wording.CURRENCY}%,.0f"


def segment_rows(segments: Sequence[Segment]) -> pa.Table:
    """One row a segment: segment, customers, recency, orders."""
    return pa.table(
        {
            "segment": [each.name for each in segments],
            "customers": [each.customers for each in segments],
            "recency": [each.recency_days for each in segments],
            "orders": [each.orders for each in segments],
        }
    )


def segment_columns() -> dict[str, ColumnConfig]:
    """How the columns of `segment_rows` look."""
    column = st.column_config
    return {
        "segment": column.TextColumn("Segment"),
        "customers": column.NumberColumn("Customers", format="localized"),
        "recency": column.NumberColumn("Days since", format="%.0f", help="Mean, by customer."),
        "orders": column.NumberColumn("Orders", format="%.1f", help="Mean, by customer."),
    }


def best_rows(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """One row a customer of `customers.best`."""
    return pa.table(
        {
            "customer": [row["customer_id"] for row in rows],
            "net": [float(row["net_amount"]) for row in rows],
            "orders": [row["order_count"] for row in rows],
            "segment": [_LABELS[row["segment"]] for row in rows],
            "country": [row["country"] for row in rows],
            "last": [row["last_order_date"] for row in rows],
        }
    )


def best_columns(rows: Sequence[dict[str, Any]]) -> dict[str, ColumnConfig]:
    """How the columns of `best_rows` look."""
    top = max([1.0, *(float(row["net_amount"]) for row in rows)])
    column = st.column_config
    return {
        "customer": column.TextColumn("Customer"),
        "net": column.ProgressColumn(
            "Net revenue", format=_MONEY, max_value=top, color=ACCENT, width=180
        ),
        "orders": column.NumberColumn("Orders", format="localized"),
        "segment": column.TextColumn("Segment"),
        "country": column.TextColumn("Country"),
        "last": column.DateColumn("Last order", format="D MMM YYYY"),
    }


def invoice_rows(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """One row an invoice of `customers.invoices`."""
    return pa.table(
        {
            "order": [row["order_id"] for row in rows],
            "when": [row["ordered_at"] for row in rows],
            "kind": [_kind(row) for row in rows],
            "lines": [row["line_count"] for row in rows],
            "units": [row["unit_count"] for row in rows],
            "net": [float(row["net_amount"]) for row in rows],
        }
    )


def invoice_columns() -> dict[str, ColumnConfig]:
    """How the columns of `invoice_rows` look."""
    column = st.column_config
    return {
        "order": column.TextColumn("Order"),
        "when": column.DatetimeColumn("When", format="D MMM YYYY, HH:mm"),
        "kind": column.TextColumn("Kind"),
        "lines": column.NumberColumn("Lines", format="localized"),
        "units": column.NumberColumn("Units", format="localized"),
        # A format can't put the currency behind a minus sign.
        "net": column.NumberColumn(f"Net revenue ({wording.CURRENCY})", format="%,.2f"),
    }


def _kind(row: dict[str, Any]) -> str:
    if row["is_cancellation"]:
        return "Cancellation"
    return "Order" if row["is_order"] else "Adjustment"
