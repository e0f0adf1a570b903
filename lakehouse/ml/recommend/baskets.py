"""Basket partners: products bought together, in the same order."""

import numpy as np
import polars as pl
from scipy.sparse import coo_matrix

from lakehouse.ml.recommend.interactions import Sparse
from lakehouse.ml.recommend.neighbours import similarities

FEWEST_TOGETHER = 5
"""Two products that met in fewer orders met by chance."""

BULK_ORDER = 200
"""Orders of more products are a shop's restocking; nothing in them says what goes with what."""

PARTNERS = pl.Schema(
    {
        "product_id": pl.String(),
        "rank": pl.Int32(),
        "partner_product_id": pl.String(),
        "orders_together": pl.Int64(),
        "confidence": pl.Float64(),
        "lift": pl.Float64(),
    }
)


def make_partners(purchases: pl.DataFrame, k: int = 10) -> pl.DataFrame:
    """For each product the `k` others that most resemble it by the orders they stand in.

    Ranked by cosine, which asks for both directions; `confidence` is the share of the product's
    orders that hold the partner, `lift` that share over the partner's share of all orders.
    """
    pairs = purchases.select("order_id", "product_id").unique()
    pairs = pairs.filter(pl.len().over("order_id") <= BULK_ORDER).sort("order_id", "product_id")
    if pairs.is_empty():
        return PARTNERS.to_frame()
    products = pairs["product_id"].unique().sort()
    matrix = _orders_by_products(pairs, products)
    best = similarities(matrix, min(5 * k, len(products))).tocoo()
    sizes = np.asarray(matrix.sum(axis=0)).ravel().astype(np.float64)
    a, b = best.col, best.row  # the partner b speaks for the product a
    together = np.rint(best.data * np.sqrt(sizes[a] * sizes[b])).astype(np.int64)
    names = products.to_numpy()
    found = pl.DataFrame(
        {
            "product_id": names[a].tolist(),
            "partner_product_id": names[b].tolist(),
            "orders_together": together,
            "confidence": together / sizes[a],
            "lift": together * matrix.shape[0] / (sizes[a] * sizes[b]),
            "cosine": best.data,
        }
    ).filter(pl.col("orders_together") >= FEWEST_TOGETHER)
    return _ranked(found, k)


def _orders_by_products(pairs: pl.DataFrame, products: pl.Series) -> Sparse:
    orders = pairs["order_id"].rank("dense").to_numpy() - 1
    codes = pairs["product_id"].cast(pl.Enum(products)).to_physical().to_numpy()
    ones = np.ones(len(orders), np.float32)
    shape = (int(orders.max()) + 1, len(products))
    return coo_matrix((ones, (orders.astype(np.int64), codes)), shape=shape).tocsr()


def _ranked(found: pl.DataFrame, k: int) -> pl.DataFrame:
    order = ["product_id", "cosine", "partner_product_id"]
    rank = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("product_id")
    ranked = found.sort(order, descending=[False, True, False]).with_columns(rank.alias("rank"))
    return ranked.filter(pl.col("rank") <= k).select(list(PARTNERS))
