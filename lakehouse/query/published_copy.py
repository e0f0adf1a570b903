"""The copy of the marts that every page needs: a DuckDB file, written by a process of its own.

Reading Parquet, sorting and the engine's extensions take ten times the memory of the copy. They
go with that process; the server maps what pages read of the file, and nothing else.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from lakehouse.errors import CatalogError
from lakehouse.query.engine import Address, attaching_lake, loading_extensions
from lakehouse.query.published_moment import SOURCE, Moment
from lakehouse.quoting import identifier, literal

# What is copied, and which columns. Text of few values is kept as numbers (ENUM).
KEPT: Mapping[str, str] = {
    "reports.rpt_daily_sales": """order_date, country, net_amount, gross_amount, return_amount,
        order_count, line_count, unit_count""",
    "reports.rpt_daily_product_sales": """order_date, country, product_id, net_amount,
        gross_amount, return_amount, unit_count""",
    "reports.rpt_daily_segment_sales": """order_date, country, segment, net_amount, gross_amount,
        return_amount, order_count, unit_count""",
    "reports.rpt_daily_segment_product_sales": """order_date, country, segment, product_id,
        net_amount, gross_amount, return_amount, unit_count""",
    "core.dim_dates": "date_day, is_in_trading_period",
    "core.dim_products": """product_id, description, product_kind, is_service, first_sold_date,
        last_sold_date, list_price, list_price_since, price_count, sold_unit_count, net_amount,
        gross_amount, return_amount, product_amount""",
    "core.dim_customers": """customer_id, country, first_order_date, last_order_date, order_count,
        cancellation_count, net_amount, gross_amount, return_amount""",
    "core.fct_orders": """order_id, customer_id, country, ordered_at, order_date, is_order,
        is_cancellation, line_count, unit_count, net_amount, gross_amount, return_amount""",
    "marketing.dim_customer_segments": """customer_id, as_of_date, recency_days, order_count,
        demand_amount, recency_score, frequency_score, monetary_score, segment""",
    "marketing.fct_cohort_retention": """cohort_month, months_since, month_date, customer_count,
        active_customer_count, retention_rate, order_count, net_amount""",
}
_ENCODED = {
    ("reports.rpt_daily_sales", "country"),
    ("reports.rpt_daily_product_sales", "country"),
    ("reports.rpt_daily_product_sales", "product_id"),
    ("reports.rpt_daily_segment_sales", "country"),
    ("reports.rpt_daily_segment_sales", "segment"),
    ("reports.rpt_daily_segment_product_sales", "country"),
    ("reports.rpt_daily_segment_product_sales", "segment"),
    ("reports.rpt_daily_segment_product_sales", "product_id"),
    ("core.fct_orders", "country"),
}
# And of each day its last order: else every page would read order lines to tell it.
LAST_ORDERS = "last_orders"
# What the process does; it imports nothing of ours. A failure is what it prints.
_MAIN = """\
import json, sys
sys.path[:] = json.loads(sys.argv[1])
import duckdb
try:
    with duckdb.connect() as connection:
        for statement in json.load(sys.stdin):
            connection.execute(statement)
except duckdb.Error as e:
    sys.exit(print(e) or 1)
"""


def copy_kept(endpoint: Address, moment: Moment, file: Path) -> None:
    """Write the tables of a state that are KEPT to a DuckDB `file`.

    Raises CatalogError when one can't be read, or the file can't be written.
    """
    kept = [table for table in KEPT if table in moment.tables]
    statements = [
        "set enable_progress_bar = false",
        *loading_extensions(),
        *attaching_lake(endpoint, read_only=True),
        f"attach {literal(str(file))} as kept",
        "use kept",
        *(statement for table in kept for statement in _copying(table, moment)),
        f"""create table {LAST_ORDERS} as
            select cast(ordered_at as date) as order_date, max(ordered_at) as ordered_at
            from {_there(SOURCE, moment)} group by all order by all""",
        "checkpoint kept",
    ]
    # Errors of Python itself would be ours; the statements hold the token, so a pipe takes them.
    ran = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-I", "-c", _MAIN, json.dumps(sys.path)],
        input=json.dumps(statements),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
        env=os.environ | {"MALLOC_ARENA_MAX": "2"},
    )
    if ran.returncode:
        raise unreadable(ran.stdout or _ending(ran.returncode))


def unreadable(reason: object) -> CatalogError:
    """The error for what DuckDB says when a mart can't be read."""
    told = str(reason).splitlines()[0]
    return CatalogError(f"the marts can't be read: {told}", hint="run `lakehouse build` again")


def _copying(table: str, moment: Moment) -> list[str]:
    """The statements that copy a table, with those columns encoded that have few values."""
    namespace, name = table.split(".")
    there = _there(table, moment)
    statements = [f"create schema if not exists {identifier(namespace)}"]
    columns = re.findall(r"\w+", KEPT[table])
    kept = []
    for column in columns:
        if (table, column) in _ENCODED:
            kind = identifier(f"{column} of {table}")
            # An ENUM of an empty table would have no values, and couldn't be used.
            values = f"select {column} from {there} where {column} is not null union select ''"
            statements.append(f"create type {kind} as enum ({values})")
            kept.append(f"cast({column} as {kind}) as {column}")
        else:
            kept.append(column)
    order = " order by order_date" if "order_date" in columns else ""
    made = f"create table {identifier(namespace, name)} as"
    return [*statements, f"{made} select {', '.join(kept)} from {there}{order}"]


def _there(table: str, moment: Moment) -> str:
    return f"lake.{identifier(*table.split('.'))} {moment.clause(table)}"


def _ending(code: int) -> str:
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return f"the process that copies them has ended ({how})"
