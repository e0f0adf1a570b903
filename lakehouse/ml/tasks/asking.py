"""What was computed, as rows to show: lists, forecasts, predictions, runs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from lakehouse.errors import ModelError
from lakehouse.ml.inputs import PRODUCTS
from lakehouse.ml.lake import Lake, qualified
from lakehouse.ml.orders import LINES
from lakehouse.ml.quantity.asking import Question
from lakehouse.ml.quantity.features import FEATURES
from lakehouse.ml.runs import registry, store
from lakehouse.ml.serving import messages, state

Rows = list[dict[str, Any]]

_HEADLINES: Mapping[str, str] = {
    "segments": "select segment, customers, revenue_before, return_rate,"
    " next_revenue_per_customer, as_of_date from {segment_outcomes}",
    "unusual": "select rank, order_id, product_id, customer_id, quantity, typical_quantity,"
    " line_value, precision from {unusual_lines} order by rank limit 20",
}


def lists_of(lake: Lake, customers: Sequence[str], kind: str | None = None) -> Rows:
    """The lists of customers with the products' names; an unknown one gets the popular list."""
    names = _names(lake)
    rows: Rows = []
    for customer in customers:
        found = state.lists_of(lake, customer).to_dicts()
        rows += [
            {
                "customer_id": customer,
                "kind": row["kind"],
                "rank": row["rank"],
                "product_id": row["product_id"],
                "description": names.get(row["product_id"]),
                "because": names.get(row["because_product_id"]),
            }
            for row in found
            if kind in {None, row["kind"]} or row["kind"] == "popular"
        ]
    return rows


def items_of(lake: Lake, products: Sequence[str]) -> Rows:
    """Neighbours, partners and audience of products, by rank.

    Raises ModelError for a product that nobody has bought, or that tells nothing of others.
    """
    names = _names(lake)
    rows: Rows = []
    for product in (name.upper() for name in products):
        own = [row for kind, sql in _ITEM_LISTS.items() for row in _item(lake, kind, sql, product)]
        if not own and product in names:
            hint = "no customers have it in common with others, or all of them have all"
            raise ModelError(f"nothing is known to go with {product!r}", hint=hint)
        if not own:
            raise ModelError(f"no product {product!r}", hint="customers have bought none of it")
        rows += [{**row, "description": names.get(row["found"])} for row in own]
    return rows


_ITEM_LISTS: Mapping[str, tuple[str, str, str]] = {
    "neighbour": ("item_neighbours", "neighbour_product_id", "similarity"),
    "partner": ("item_partners", "partner_product_id", "lift"),
    "audience": ("item_audiences", "customer_id", "score"),
}


def _item(lake: Lake, kind: str, listed: tuple[str, str, str], product: str) -> Rows:
    table, column, score = listed
    sql = (
        f"select product_id, ? as kind, rank, {column} as found, {score} as score"
        f" from {qualified(f'ml.{table}')} where product_id = ? order by rank"
    )
    return lake.query(sql, [kind, product]).to_dicts()


def levels(lake: Lake) -> Rows:
    """The levels and measures that are forecast, with the word on each."""
    sql = "select level, measure, reliable, skill, four_weeks, statement"
    return lake.query(f"{sql} from {qualified('ml.forecast_levels')} order by 1, 2").to_dicts()


def forecasts_of(lake: Lake, level: str, measure: str, series: str | None) -> tuple[str, Rows]:
    """The statement on a level, and its forecasts.

    Raises ModelError for a level, measure or series that is not forecast.
    """
    said = [r["statement"] for r in levels(lake) if (r["level"], r["measure"]) == (level, measure)]
    if not said:
        known = ", ".join(sorted({f"{r['level']} {r['measure']}" for r in levels(lake)}))
        raise ModelError(f"no forecast of {level} {measure}", hint=f"there are: {known}")
    sql = (
        "select series_id, grain, period_start, period_end, value, low_80, high_80, low_95, high_95"
        f" from {qualified('ml.forecasts')} where level = ? and measure = ?"
        " and (? is null or series_id = ?) order by series_id, grain desc, period_start"
    )
    rows = lake.query(sql, [level, measure, series, series]).to_dicts()
    if not rows:
        raise ModelError(f"no series {series!r} in {level}", hint="leave out --series to see all")
    return said[0], rows


def schema() -> Rows:
    """The data source of the quantity model: column, type, and what it is to the model."""
    roles = {"quantity": "target", "order_line_id": "row id"}
    given = [
        {"column": name, "type": str(kind).lower(), "role": roles.get(name, "source")}
        for name, kind in LINES.items()
    ]
    return given + [{"column": f, "type": "float64", "role": "feature"} for f in FEATURES]


def predict_line(lake: Lake, line: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The quantity of one order line.

    Raises ModelError that names every field that is wrong.
    """
    return _predict(lake, [line], now)[0]


def predict_file(lake: Lake, file: Path, now: datetime) -> str:
    """The lines of a CSV file with their predicted quantities, as CSV.

    Raises ModelError for a file that can't be read, or a line that is wrong.
    """
    try:
        frame = pl.read_csv(file.read_bytes(), infer_schema=False)
    except OSError as e:
        raise ModelError(f"can't read {file}: {e.strerror}", hint="check --batch") from e
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as e:
        raise ModelError(f"{file} is no CSV: {e}", hint="see --help for its columns") from e
    if frame.is_empty():
        raise ModelError(f"{file} has no line", hint="see --help for its columns")
    said = _predict(lake, frame.to_dicts(), now)
    return frame.with_columns(
        pl.Series("predicted_quantity", [row["predicted_quantity"] for row in said])
    ).write_csv()


def _predict(lake: Lake, lines: Sequence[Mapping[str, Any]], now: datetime) -> Rows:
    questions = [_question(n, line, now) for n, line in enumerate(lines, start=1)]
    service = state.load_quantity(lake)
    rows = []
    for asked, units in zip(questions, state.answer(service, questions), strict=True):
        known_customer, known_product = service.history.knows(asked)
        rows.append(
            {
                "customer_id": asked.customer_id,
                "product_id": asked.product_id,
                "unit_price": asked.unit_price,
                "predicted_quantity": round(units, 2),
                "known_customer": known_customer,
                "known_product": known_product,
                "run_id": service.run.run_id,
            }
        )
    return rows


def _question(number: int, line: Mapping[str, Any], now: datetime) -> Question:
    given = {name: value for name, value in line.items() if value not in {None, ""}}
    try:
        return messages.LineAsked.model_validate(given).to_question(now)
    except ValidationError as e:
        wrong = "; ".join(f"{'.'.join(map(str, x['loc']))}: {x['msg']}" for x in e.errors())
        raise ModelError(f"line {number}: {wrong}", hint="see `lakehouse ml predict --help`") from e


def headline(lake: Lake, task: str) -> Rows:
    """The rows that say most about a task's results; none for tasks whose metrics do."""
    if task not in _HEADLINES:
        return []
    names = ("segment_outcomes", "unusual_lines")
    tables = {name: qualified(f"ml.{name}") for name in names}
    return lake.query(_HEADLINES[task].format(**tables)).to_dicts()


def listing(lake: Lake, task: str | None, status: str | None) -> Rows:
    """The runs, the latest first, with the version each has."""
    known = {v.run_id: v for v in registry.versions(lake)}
    return [
        {
            "run_id": run.run_id,
            "task": run.task,
            "status": run.status,
            "started_at": run.started_at,
            "seconds": run.seconds,
            "version": known[run.run_id].version if run.run_id in known else None,
            "stage": known[run.run_id].stage if run.run_id in known else None,
            "error": run.error,
        }
        for run in store.runs(lake, task, status)
    ]


def ranking(lake: Lake, task: str | None, metric: str) -> Rows:
    """The runs of a task by a metric, the best first, beside the baseline.

    Raises ModelError without a task, or for a metric that no run has.
    """
    if task is None:
        raise ModelError("--rank needs to know which runs", hint="add --task")
    columns = ["run_id", "model", "slice", "value", "low", "high", "baseline", "baseline_value"]
    return store.ranked(lake, task, metric).select(columns).to_dicts()


def record_of(lake: Lake, run_id: str) -> tuple[dict[str, Any], Rows]:
    """Everything recorded of a run, and its metrics."""
    run = registry.named(lake, run_id)
    record = {k: v for k, v in asdict(run).items() if k != "metrics"}
    return record, [asdict(metric) for metric in run.metrics]


def _names(lake: Lake) -> dict[str, str]:
    if lake.snapshot_id(PRODUCTS) is None:
        return {}
    rows = lake.query(f"select product_id, description from {qualified(PRODUCTS)}")
    return dict(rows.iter_rows())
