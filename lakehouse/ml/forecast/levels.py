"""The levels that are forecast, and the fixed ensemble of each.

Choosing the best model for every series lost to a fixed ensemble on every level that was tried;
so the members are fixed here, and the backtests show what they are worth.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import polars as pl

from lakehouse.ml.forecast.calendar import TradingCalendar
from lakehouse.ml.forecast.panel import Measure, Panel, daily_panel, weekly_panel

WEEKS_AHEAD = 4


@dataclass(frozen=True)
class Level:
    """A level of the forecast.

    `by` is the column that splits it into series, `grain` the length of a slot. `totals` says
    that the whole horizon is judged as one sum, as stock is bought, and not slot by slot.
    `baselines` are what the ensemble has to beat. The series of a level with an `anchor` are
    scaled in every slot to sum up to the forecast of the anchor's only series.
    """

    name: str
    grain: Literal["day", "week"]
    by: str | None
    members: tuple[str, ...]
    baselines: tuple[str, ...]
    interval: Literal["native", "pooled"]
    totals: bool = False
    origins: int = 6
    anchor: str | None = None

    def horizon(self, panel: Panel) -> int:
        """Slots in the next four weeks."""
        return WEEKS_AHEAD * (panel.season if self.grain == "day" else 1)

    def panel(
        self, demand: pl.DataFrame, measure: Measure, last: date
    ) -> tuple[Panel, TradingCalendar]:
        """The level's series of a measure up to the day `last`, and when the shop trades."""
        panel, calendar = daily_panel(
            demand, measure, last, self.by if self.grain == "day" else None
        )
        if self.grain == "day":
            return panel, calendar
        if self.by is None:
            demand = demand.with_columns(pl.lit("total").alias("product_id"))
        return weekly_panel(demand, measure, last, calendar), calendar


LEVELS: Mapping[str, Level] = {
    level.name: level
    for level in (
        Level(
            "total_daily",
            "day",
            None,
            ("auto_ets", "optimized_theta", "ses"),
            ("seasonal_naive",),
            "native",
        ),
        Level(
            "total_weekly",
            "week",
            None,
            ("ses", "theta_unseasonal", "imapa"),
            ("naive",),
            "native",
        ),
        Level(
            "country_daily",
            "day",
            "country",
            ("optimized_theta", "ses", "adida", "imapa"),
            ("seasonal_naive",),
            "pooled",
            anchor="total_daily",
        ),
        Level(
            "product_weekly",
            "week",
            "product_id",
            ("adida", "ses", "theta_unseasonal", "imapa"),
            ("naive", "seasonal_naive"),
            "pooled",
            totals=True,
            origins=5,
        ),
    )
}
