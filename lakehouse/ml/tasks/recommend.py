"""Recommend: choose the best recommender on one window, judge it on the next, publish lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from lakehouse.errors import ModelError
from lakehouse.ml.evaluation.windows import Window, last_windows
from lakehouse.ml.orders import demand
from lakehouse.ml.recommend.audiences import make_audiences
from lakehouse.ml.recommend.baskets import make_partners
from lakehouse.ml.recommend.interactions import IntArray, Interactions, interactions
from lakehouse.ml.recommend.leaderboard import Scope, Standing, best, standings
from lakehouse.ml.recommend.lists import Chosen, make_lists
from lakehouse.ml.recommend.neighbours import Neighbours
from lakehouse.ml.recommend.recipes import RECIPES, Fits
from lakehouse.ml.runs.record import Metric
from lakehouse.ml.runs.recording import Recording
from lakehouse.progress import Progress

TASK = "recommend"
FALLBACK = Chosen(for_you="again_neighbours_trend", discover="neighbours_trend")
"""What is shipped when there is too little past to choose by: it fits any catalogue."""

BASELINE: dict[Scope, str] = {"all": "recent_popularity", "new": "recent_popularity"}
LEAST_JUDGED = 30
"""Customers a window must judge before anything is chosen by it."""

NEIGHBOURS_SHOWN = 10


AUTO = "auto"


@dataclass(frozen=True)
class Request:
    """What may be asked: fixed models instead of the best ones, the engine of the neighbours."""

    for_you: str | None = None
    discover: str | None = None
    engine: str = "kernel"


def changed(
    request: Request, for_you: str | None, discover: str | None, engine: str | None
) -> Request:
    """The request with what is given; `auto` leaves the choice of a model to the judging."""

    def model(given: str | None, before: str | None) -> str | None:
        return None if given == AUTO else given or before

    return Request(
        model(for_you, request.for_you),
        model(discover, request.discover),
        engine or request.engine,
    )


def recommend(recording: Recording, request: Request, progress: Progress) -> None:
    """Publish the lists, audiences, item neighbours and basket partners, with their metrics."""
    lake, plan = recording.lake, recording.plan
    check(request)
    purchases = demand(recording.read_lines())
    if purchases.is_empty():
        raise ModelError("there is no sale to learn from", hint="run `lakehouse build`")
    as_of = midnight_after(purchases)
    connection = lake.connection if request.engine == "sql" else None
    with progress.task("recommend: choose and judge the models"):
        found = _judged(purchases, as_of)
    recording.metrics += _metrics(found)
    fits = Fits(interactions(purchases, as_of), connection=connection, seed=plan.seed)
    chosen = Chosen(
        request.for_you or best(found.validation, "all") or FALLBACK.for_you,
        request.discover or best(found.validation, "new") or FALLBACK.discover,
    )
    with progress.task(f"recommend: lists by {chosen.for_you} and {chosen.discover}"):
        _publish(recording, fits, purchases, chosen)


def check(request: Request) -> None:
    """Raise ModelError for a model or an engine that is not there."""
    for name in (request.for_you, request.discover):
        if name is not None and name not in RECIPES:
            raise ModelError(f"no recommender {name!r}", hint=f"known: {', '.join(RECIPES)}")
    if request.engine not in {"kernel", "sql"}:
        raise ModelError(f"no engine {request.engine!r}", hint="known: kernel, sql")


def midnight_after(purchases: pl.DataFrame) -> datetime:
    """The midnight after the last purchase: all of it is known then."""
    last: datetime = purchases["ordered_at"].max()  # type: ignore[assignment]
    return datetime.combine(last.date() + timedelta(days=1), datetime.min.time())


@dataclass(frozen=True)
class Judged:
    """The standings of the window to choose by and of the one to report, in this order."""

    validation: Sequence[Standing]
    test: Sequence[Standing]


def _judged(purchases: pl.DataFrame, as_of: datetime) -> Judged:
    rivals = list(RECIPES)
    earlier, later = last_windows(as_of, 2)
    return Judged(*(_stand(purchases, window, rivals) for window in (earlier, later)))


def _stand(purchases: pl.DataFrame, window: Window, models: Sequence[str]) -> Sequence[Standing]:
    known = interactions(purchases, window.start)
    if not len(known.customers):
        return ()
    found = standings(Fits(known), purchases, window, models)
    return [s for s in found if s.judged >= LEAST_JUDGED]


def _metrics(found: Judged) -> list[Metric]:
    rows = []
    for part, found_there in (("validation", found.validation), ("test", found.test)):
        for standing in found_there:
            rows += _metrics_of(part, standing, found_there)
    return rows


def _metrics_of(part: str, standing: Standing, rivals: Sequence[Standing]) -> list[Metric]:
    days = f"{standing.window.start:%Y-%m-%d}..{standing.window.end - timedelta(days=1):%Y-%m-%d}"
    baseline = BASELINE[standing.scope]
    compared = next(r for r in rivals if r.model == baseline and r.scope == standing.scope)
    return [
        Metric(
            standing.model,
            f"{part} {standing.scope} {days}",
            f"{name}@10" if name in {"hr", "recall", "ndcg", "map"} else name,
            estimate.value,
            estimate.low,
            estimate.high,
            baseline,
            compared.metrics[name].value,
        )
        for name, estimate in standing.metrics.items()
    ]


def _publish(recording: Recording, fits: Fits, purchases: pl.DataFrame, chosen: Chosen) -> None:
    found = fits.interactions
    customers = np.arange(len(found.customers), dtype=np.int32)
    products = np.arange(len(found.products), dtype=np.int32)
    models = pl.lit(chosen.discover).alias("model")
    lists = make_lists(fits, chosen, purchases, customers)
    shipped = pl.when(pl.col("kind") == "for_you").then(pl.lit(chosen.for_you))
    named = shipped.when(pl.col("kind") == "discover").then(pl.lit(chosen.discover))
    lists = lists.with_columns(named.otherwise(pl.col("kind")).alias("model"))
    recording.publish("recommendations", lists, "Ten products for every customer and kind of list")
    audiences = make_audiences(found, RECIPES[chosen.discover].make(fits), products)
    recording.publish(
        "item_audiences",
        audiences.with_columns(models),
        "For every product the ten customers likeliest to be won for it",
    )
    recording.publish(
        "item_neighbours",
        neighbour_rows(found, fits.neighbours, products),
        "Products bought by the same customers",
    )
    recording.publish("item_partners", make_partners(purchases), "Products bought together")


def neighbour_rows(
    found: Interactions, model: Neighbours, products: IntArray, k: int = NEIGHBOURS_SHOWN
) -> pl.DataFrame:
    """For each of `products` (codes) its `k` most similar ones, the most similar first."""
    columns = model.similarity[:, products].tocoo()
    both = (found.counts > 0).astype(np.float32)
    frame = pl.DataFrame(
        {
            "product_id": found.products[products[columns.col]].tolist(),
            "neighbour_product_id": found.products[columns.row].tolist(),
            "similarity": columns.data.astype(np.float64),
            "row": columns.row,
            "column": products[columns.col],
        }
    ).sort(["product_id", "similarity", "neighbour_product_id"], descending=[False, True, False])
    rank = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("product_id")
    kept = frame.with_columns(rank.alias("rank")).filter(pl.col("rank") <= k)
    shared = _shared_customers(both.tocsc(), kept["row"].to_numpy(), kept["column"].to_numpy())
    return kept.select("product_id", "rank", "neighbour_product_id", "similarity").with_columns(
        pl.Series("customers_in_common", shared)
    )


def _shared_customers(both: object, one: IntArray, other: IntArray) -> list[int]:
    matrix = both
    if not len(one):
        return []
    product = matrix[:, one].multiply(matrix[:, other])  # type: ignore[index]
    return [int(n) for n in np.asarray(product.sum(axis=0)).ravel()]
