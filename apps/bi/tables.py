"""The tables: figures as rows, with the columns' formats."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from apps.bi import wording
from apps.bi.charts import ACCENT
from apps.bi.queries.products import Sold
from apps.bi.queries.sales import Product


def leaderboard(products: Sequence[Product], *, compared: bool) -> pa.Table:
    """One row a product: product, net, change (in percent; only if compared), units, trend."""
    columns = {
        "product": [wording.title(p.name) for p in products],
        "net": [float(p.net) for p in products],
        "units": [p.units for p in products],
        "trend": [[float(net) for net in p.trend] for p in products],
    }
    if compared:
        changes = [wording.change(p.net, p.before) for p in products]
        columns["change"] = [None if c is None else float(c * 100) for c in changes]
    order = ["product", "net", *(["change"] if compared else []), "units", "trend"]
    return pa.table({name: columns[name] for name in order})


def leaderboard_columns(products: Sequence[Product]) -> dict[str, ColumnConfig]:
    """How the columns of `leaderboard` look."""
    top = max([1.0, *(float(p.net) for p in products)])
    column = st.column_config
    return {
        "product": column.TextColumn("Product", width=205),
        "net": column.ProgressColumn(
            "Net revenue", format=f"{wording.CURRENCY}%,.0f", max_value=top, color=ACCENT, width=140
        ),
        "change": column.NumberColumn("Change", format="%+,.0f%%", width=85),
        "units": column.NumberColumn("Units", format="localized", width=70),
        "trend": column.AreaChartColumn("Trend", color=ACCENT, width=90),
    }


def sold_rows(found: Sequence[Sold], *, compared: bool) -> pa.Table:
    """One row a product: code, product, group, net, change (only if compared), returns, units."""
    columns: dict[str, list[Any]] = {
        "code": [each.product_id for each in found],
        "product": [wording.title(each.name) for each in found],
        "group": [each.group for each in found],
        "net": [float(each.net) for each in found],
    }
    if compared:
        changes = [wording.change(each.net, each.before) for each in found]
        columns["change"] = [None if c is None else float(c * 100) for c in changes]
    columns["returns"] = [float(each.returns) for each in found]
    columns["units"] = [each.units for each in found]
    return pa.table(columns)


def sold_columns(found: Sequence[Sold]) -> dict[str, ColumnConfig]:
    """How the columns of `sold_rows` look."""
    top = max([1.0, *(float(each.net) for each in found)])
    column = st.column_config
    money = f"{wording.CURRENCY}%,.0f"
    return {
        "code": column.TextColumn("Code", width=80),
        "product": column.TextColumn("Product", width=260),
        "group": column.TextColumn("Product group"),
        "net": column.ProgressColumn(
            "Product revenue", format=money, max_value=top, color=ACCENT, width=160
        ),
        "change": column.NumberColumn("Change", format="%+,.0f%%"),
        "returns": column.NumberColumn("Returns", format=money),
        "units": column.NumberColumn("Units", format="localized"),
    }
