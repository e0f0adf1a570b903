"""What the models read: the order lines of the marts, what was taken back, and which days count."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from lakehouse.errors import ModelError
from lakehouse.ml.lake import Lake, qualified
from lakehouse.ml.orders import LINES

ORDER_LINES = "core.fct_order_lines"
CANCELLATIONS = "intermediate.int_cancellations_matched"
DATES = "core.dim_dates"
READ = (ORDER_LINES, CANCELLATIONS, DATES)
PRODUCTS = "core.dim_products"


@dataclass(frozen=True)
class Input:
    """A table and the snapshot of it that was read."""

    table: str
    snapshot_id: int


def current_inputs(lake: Lake) -> tuple[Input, ...]:
    """The input of every task as it stands now.

    Raises ModelError before the first build.
    """
    found = [Input(name, lake.snapshot_id(name) or 0) for name in READ]
    if not all(source.snapshot_id for source in found):
        raise ModelError("there are no order lines to learn from", hint="run `lakehouse build`")
    return tuple(found)


def read_lines(lake: Lake, inputs: tuple[Input, ...], now: datetime) -> pl.DataFrame:
    """The order lines (`LINES`) at the recorded snapshots, in the order of the log.

    Lines dated after `now` or outside the trading period are left out: a clock was wrong, and a
    model that takes them for the newest would forget everything else.

    Raises ModelError when nothing is left, or when a snapshot has been expired.
    """
    if (read := tuple(source.table for source in inputs)) != READ:
        raise ModelError(f"the run read {', '.join(read)}, as older code did", hint="train again")
    lines, cancellations, dates = (_at_snapshot(lake, source) for source in inputs)
    columns = ", ".join(_read(name) for name in LINES if name != "is_demand")
    frame = lake.query(
        f"select {columns}, line_type = 'sale' and purchase_line_id is null as is_demand"
        f" from {lines} left join (select distinct purchase_line_id from {cancellations}"
        " where match_kind = 'undone') on purchase_line_id = order_line_id"
        f" where ordered_at <= ? and cast(ordered_at as date) in (select date_day from {dates}"
        " where is_in_trading_period) order by order_line_id",
        [now],
    )
    if frame.is_empty():
        raise ModelError("there is no order line up to now", hint="run `lakehouse build`")
    return frame.cast(LINES)


def _at_snapshot(lake: Lake, source: Input) -> str:
    if lake.table(source.table).snapshot_by_id(source.snapshot_id) is None:
        raise ModelError(
            f"snapshot {source.snapshot_id} of {source.table} was expired",
            hint="a run can be repeated as long as its inputs are kept",
        )
    return f"{qualified(source.table)} at (version => {source.snapshot_id})"


def _read(column: str) -> str:
    return f"cast({column} as double) as {column}" if column == "unit_price" else column
