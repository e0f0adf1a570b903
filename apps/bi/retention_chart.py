"""The retention heat map: cohorts down, months since across, the share that came back."""

from collections.abc import Sequence
from decimal import Decimal

import pyarrow as pa

from apps.bi import wording
from apps.bi.charts import Option
from apps.bi.queries.customers import Cohort

# From hardly anybody to everybody who ever came back, on white and on near-black alike.
_SHADES = ["#dbe9fb", "#8bb8f0", "#2f7de1", "#1d4f96"]


def retention(cohorts: Sequence[Cohort]) -> Option:
    """A cell for every cohort and month since, but the first, in which everybody came."""
    cells = [
        (f"{cohort.month:%b %Y}", since, active, cohort.size)
        for cohort in cohorts
        for since, active in enumerate(cohort.active)
        if since > 0
    ]
    shares = [Decimal(active) / size for _, _, active, size in cells]
    source = pa.table(
        {
            "since": [str(since) for _, since, _, _ in cells],
            "cohort": [cohort for cohort, _, _, _ in cells],
            "share": [float(share) * 100 for share in shares],
            "label": [f"{share * 100:.0f}" for share in shares],
            "told": [
                f"{active:,} of {size:,} ({wording.percent(share)})"
                for (_, _, active, size), share in zip(cells, shares, strict=True)
            ],
        }
    )
    months = max((len(cohort.active) for cohort in cohorts), default=1)
    return {
        "animation": False,
        "dataset": {"source": source},
        "grid": {"left": 4, "right": 12, "top": 4, "bottom": 36, "containLabel": True},
        "tooltip": {"formatter": "{@cohort}, month {@since}<br/><b>{@told}</b> came back"},
        "xAxis": {
            "type": "category",
            "data": [str(since) for since in range(1, months)],
            "name": "Months since the first order",
            "nameLocation": "middle",
            "nameGap": 28,
        },
        "yAxis": {
            "type": "category",
            "inverse": True,
            "data": [f"{each.month:%b %Y}" for each in cohorts if len(each.active) > 1],
        },
        "visualMap": {
            "show": False,
            "dimension": "share",
            "min": 0,
            "max": max(source["share"].to_pylist(), default=1.0),
            "inRange": {"color": _SHADES},
        },
        # On a phone the cells are too small for text; a touch tells the share.
        "media": [{"query": {"maxWidth": 420}, "option": {"series": [{"label": {"show": False}}]}}],
        "series": [
            {
                "type": "heatmap",
                "encode": {"x": "since", "y": "cohort", "value": "share"},
                "label": {"show": True, "formatter": "{@label}%", "fontSize": 11},
                "itemStyle": {"borderRadius": 3, "borderWidth": 2, "borderColor": "transparent"},
            }
        ],
    }
