"""Audiences: for a product, the customers likeliest to be won for it."""

import numpy as np
import polars as pl

from lakehouse.ml.recommend.interactions import IntArray, Interactions
from lakehouse.ml.recommend.scoring import CELLS_AT_A_TIME, Recommender

AUDIENCES = pl.Schema(
    {
        "product_id": pl.String(),
        "rank": pl.Int32(),
        "customer_id": pl.String(),
        "score": pl.Float64(),
    }
)


def make_audiences(
    interactions: Interactions, model: Recommender, products: IntArray, k: int = 10
) -> pl.DataFrame:
    """The `k` customers with the highest score for each of `products` (codes), as `AUDIENCES`.

    Customers who have bought the product already are left out.
    """
    count = len(interactions.customers)
    best = np.zeros((k, len(products)), np.float32)
    who = np.full((k, len(products)), -1, np.int32)
    step = max(1, CELLS_AT_A_TIME // max(1, len(interactions.products)))
    for start in range(0, count, step):
        customers = np.arange(start, min(start + step, count), dtype=np.int32)
        scores = model.scores(customers)[:, products]
        scores[interactions.counts[customers][:, products].nonzero()] = 0
        rows = np.concatenate([who, np.tile(customers[:, None], (1, len(products)))])
        values = np.concatenate([best, scores])
        order = np.argsort(-values, axis=0, kind="stable")[:k]
        best = np.take_along_axis(values, order, axis=0)
        who = np.take_along_axis(rows, order, axis=0)
    columns, places = np.nonzero((best > 0).T)
    return pl.DataFrame(
        {
            "product_id": interactions.products[products[columns]].tolist(),
            "rank": places + 1,
            "customer_id": interactions.customers[who[places, columns]].tolist(),
            "score": best[places, columns].astype(np.float64),
        },
        schema_overrides=AUDIENCES,
    )
