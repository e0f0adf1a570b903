"""The lists that are shown: for you, buy again, discover, and popular for the unknown."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from lakehouse.ml.recommend.blend import Blend
from lakehouse.ml.recommend.buy_again import repeats
from lakehouse.ml.recommend.interactions import FloatArray, IntArray, Interactions, Sparse
from lakehouse.ml.recommend.popularity import RECENT_HALF_LIFE
from lakehouse.ml.recommend.recipes import RECIPES, Fits
from lakehouse.ml.recommend.scoring import Mask, Recommender, Wanted, tops

GONE_AFTER = timedelta(days=60)
"""A product that nobody bought for so long is taken to be gone."""

FEWEST_ALIVE = 10
"""Where fewer products than that were bought lately, none is taken to be gone."""

FILLER = 1e-6  # what is popular closes a list that the model leaves short

LISTS = pl.Schema(
    {
        "customer_id": pl.String(),
        "kind": pl.String(),
        "rank": pl.Int32(),
        "product_id": pl.String(),
        "score": pl.Float64(),
        "because_product_id": pl.String(),
    }
)


@dataclass(frozen=True)
class Chosen:
    """The recommenders whose lists are shown."""

    for_you: str
    discover: str


def on_sale(interactions: Interactions, purchases: pl.DataFrame) -> Mask:
    """For each product whether it was sold, to anybody, within 60 days before `as_of`.

    Where hardly anything was, nothing can be said to be gone: then all are.
    """
    since = interactions.as_of - GONE_AFTER
    alive = purchases.filter(
        pl.col("ordered_at") >= since, pl.col("ordered_at") < interactions.as_of
    )["product_id"].unique()
    known = pl.Series(interactions.products.tolist(), dtype=pl.String)
    mask = known.is_in(alive.implode()).to_numpy()
    return mask if mask.sum() >= FEWEST_ALIVE else np.ones(len(mask), dtype=np.bool_)


def make_lists(
    fits: Fits,
    chosen: Chosen,
    purchases: pl.DataFrame,
    customers: IntArray,
    k: int = 10,
) -> pl.DataFrame:
    """The lists of `customers` (codes) and the one for unknown customers, as `LISTS`.

    `purchases` is the demand that `fits` knows, with that of unknown customers.

    `for_you` and `discover` have `k` products as long as there are so many; `buy_again` has no
    more than the customer has bought. A discovery has as reason the purchase that spoke most for
    it, or none when it only fills the list.
    """
    interactions = fits.interactions
    available = on_sale(interactions, purchases)
    for_you = Wanted(_filled(fits, chosen.for_you))
    discover = Wanted(_filled(fits, chosen.discover), seen=interactions.counts)
    wanted, new = tops([for_you, discover], customers, k, allowed=available)
    again = repeats(fits.buy_again, customers, k, allowed=available)
    because = reasons(interactions.history, _speakers(fits, chosen.discover), customers, new[0])
    listings = [
        _Listing("for_you", customers, *wanted),
        _Listing("buy_again", customers, *again),
        _Listing("discover", customers, *new, because),
    ]
    rows = [_rows(interactions, listing) for listing in listings]
    return pl.concat([*rows, popular(purchases, interactions.as_of, k)])


def popular(purchases: pl.DataFrame, as_of: datetime, k: int = 10) -> pl.DataFrame:
    """What a customer gets whom the model does not know: the customer is null.

    Ranked by recent orders, whoever placed them; so a shop that knows nobody has this list too.
    """
    before = purchases.lazy().filter(pl.col("ordered_at") < as_of)
    orders = before.group_by("product_id", "order_id").agg(pl.col("ordered_at").min())
    age = (pl.lit(as_of) - pl.col("ordered_at")).dt.total_seconds() / 86_400
    found = (
        orders.group_by("product_id")
        .agg(
            age.min().alias("age"),
            (-age / RECENT_HALF_LIFE * math.log(2)).exp().sum().alias("score"),
        )
        .collect()
    )
    alive = found.filter(pl.col("age") <= GONE_AFTER.days)
    best = (alive if alive.height >= FEWEST_ALIVE else found).sort(
        ["score", "product_id"], descending=[True, False]
    )
    return best.head(k).select(
        pl.lit(None, pl.String).alias("customer_id"),
        pl.lit("popular").alias("kind"),
        pl.int_range(1, pl.len() + 1, dtype=pl.Int32).alias("rank"),
        "product_id",
        pl.col("score") / pl.col("score").max(),
        pl.lit(None, pl.String).alias("because_product_id"),
    )


def reasons(history: Sparse, speakers: Sparse, customers: IntArray, picked: IntArray) -> IntArray:
    """For each pick (customers x k) the bought product that speaks most for it, -1 for none.

    `speakers` [i, j] is how much product i speaks for j, dense or sparse.
    """
    result = np.full(picked.shape, -1, dtype=np.int32)
    for row, customer in enumerate(customers):
        part = slice(history.indptr[customer], history.indptr[customer + 1])
        bought, weight = history.indices[part], history.data[part]
        picks = np.flatnonzero(picked[row] >= 0)
        if len(bought) and len(picks):
            spoken = _block(speakers, bought, picked[row, picks]) * weight[:, None]
            loudest = spoken.argmax(axis=0)
            heard = spoken[loudest, np.arange(len(picks))] > 0
            result[row, picks] = np.where(heard, bought[loudest], -1)
    return result


def _block(speakers: Sparse, rows: IntArray, columns: IntArray) -> FloatArray:
    if isinstance(speakers, np.ndarray):
        return np.asarray(speakers[np.ix_(rows, columns)], dtype=np.float32)
    return np.asarray(speakers[rows][:, columns].toarray(), dtype=np.float32)


@dataclass(frozen=True)
class _Listing:
    """Picks and their scores (customers x k) of one kind; `because` as `reasons` gives it."""

    kind: str
    customers: IntArray
    picked: IntArray
    scores: FloatArray
    because: IntArray | None = None


def _filled(fits: Fits, model: str) -> Recommender:
    return Blend([(RECIPES[model].make(fits), 1.0), (fits.recent, FILLER)])


def _speakers(fits: Fits, model: str) -> Sparse:
    """The item weights of the model; one without any is explained by the neighbours."""
    return fits.ease.weights if "ease" in model else fits.neighbours.similarity


def _rows(interactions: Interactions, listing: _Listing) -> pl.DataFrame:
    rows, places = np.nonzero(listing.picked >= 0)
    codes = listing.picked[rows, places]
    reason = np.full(len(codes), -1)
    if listing.because is not None:
        reason = listing.because[rows, places]
    return pl.DataFrame(
        {
            "customer_id": interactions.customers[listing.customers[rows]].tolist(),
            "kind": [listing.kind] * len(codes),
            "rank": places + 1,
            "product_id": interactions.products[codes].tolist(),
            "score": listing.scores[rows, places].astype(np.float64),
            "because_product_id": [
                interactions.products[code] if code >= 0 else None for code in reason
            ],
        },
        schema_overrides=LISTS,
    )
