"""What the models read: the order lines of the mart, at one snapshot."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from lakehouse.errors import ModelError
from lakehouse.ml.lake import Lake, qualified
from lakehouse.ml.orders import LINES

ORDER_LINES = "core.fct_order_lines"
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
    snapshot_id = lake.snapshot_id(ORDER_LINES)
    if snapshot_id is None:
        raise ModelError("there are no order lines to learn from", hint="run `lakehouse build`")
    return (Input(ORDER_LINES, snapshot_id),)


def read_lines(lake: Lake, inputs: tuple[Input, ...], now: datetime) -> pl.DataFrame:
    """The order lines (`LINES`) at the recorded snapshot, in the order of the log.

    Lines dated after `now` are left out: a clock was wrong, and a model that takes them for the
    newest would forget everything else.

    Raises ModelError when nothing is left, or when the snapshot has been expired.
    """
    (source,) = inputs
    table = lake.table(source.table)
    if table.snapshot_by_id(source.snapshot_id) is None:
        raise ModelError(
            f"snapshot {source.snapshot_id} of {source.table} was expired",
            hint="a run can be repeated as long as its inputs are kept",
        )
    columns = ", ".join(_read(name) for name in LINES)
    frame = lake.query(
        f"select {columns} from {qualified(source.table)}"
        f" at (version => {source.snapshot_id}) where ordered_at <= ? order by order_line_id",
        [now],
    )
    if frame.is_empty():
        raise ModelError(
            f"{source.table} has no order line up to now", hint="run `lakehouse build`"
        )
    return frame.cast(LINES)


def _read(column: str) -> str:
    return f"cast({column} as double) as {column}" if column == "unit_price" else column
