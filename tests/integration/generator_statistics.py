"""What an order log looks like from outside, as numbers that a real and a made one can share."""

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import polars as pl

Statistics = Mapping[str, float]

ITEM = pl.col("StockCode").str.contains(r"^\d{5}")
CANCELS = pl.col("InvoiceNo").str.starts_with("C")
UNKNOWN = pl.col("CustomerID").is_null()


def read_log(source: pl.DataFrame) -> pl.DataFrame:
    """The log with typed columns, in the order of its lines; every column of `source` is text."""
    return source.with_row_index("line").with_columns(
        pl.col("StockCode").str.to_uppercase(),
        pl.col("Quantity").cast(pl.Int64),
        pl.col("UnitPrice").cast(pl.Float64),
        at=pl.col("InvoiceDate").str.to_datetime("%Y-%m-%d %H:%M:%S"),
        small=pl.col("StockCode") != pl.col("StockCode").str.to_uppercase(),
    )


def goods(log: pl.DataFrame) -> pl.DataFrame:
    """The lines that sell an item at a price."""
    return log.filter(~CANCELS, pl.col("Quantity") > 0, pl.col("UnitPrice") > 0, ITEM)


def statistics(log: pl.DataFrame) -> dict[str, float]:
    """Every number, by name."""
    sold = goods(log)
    known = sold.filter(~UNKNOWN)
    return {
        "lines": len(log),
        **_traps(log),
        **_baskets(known),
        **_customers(known),
        **_popularity(sold),
        **_amounts(sold, known),
        **_cancellations(log),
        **_taste(known),
    }


def distance(left: pl.DataFrame, right: pl.DataFrame, by: pl.Expr) -> float:
    """Total variation between two logs' orders over a key (0 the same, 1 disjoint)."""
    shares = [
        goods(log)
        .group_by(by.alias("key"))
        .agg(orders=pl.col("InvoiceNo").n_unique())
        .select("key", share=pl.col("orders") / pl.col("orders").sum())
        for log in (left, right)
    ]
    both = shares[0].join(shares[1], on="key", how="full", coalesce=True).fill_null(0.0)
    return float((both["share"] - both["share_right"]).abs().sum() / 2)


def _traps(log: pl.DataFrame) -> dict[str, float]:
    orders = log.filter(~CANCELS).group_by("InvoiceNo").agg(unknown=UNKNOWN.first())
    columns = [name for name in log.columns if name != "line"]
    return {
        "lines without customer": _share(log, UNKNOWN),
        "orders without customer": _share(orders, pl.col("unknown")),
        "exact duplicates": 1 - log.select(columns).unique().height / len(log),
        "commas in description": _share(log, pl.col("Description").str.contains(",")),
        "prices <= 0": _share(log, pl.col("UnitPrice") <= 0),
        "negative, no cancellation": _share(log, (pl.col("Quantity") < 0) & ~CANCELS),
        "no description": _share(log, pl.col("Description").is_null()),
        "small letters in code": _share(log, pl.col("small")),
        "lines that are no items": _share(log, ~ITEM),
        "lines from abroad": _share(log, pl.col("Country") != "United Kingdom"),
    }


def _baskets(known: pl.DataFrame) -> dict[str, float]:
    lines = known.group_by("InvoiceNo").len()["len"]
    pairs = known.unique(["InvoiceNo", "StockCode"])
    return {
        "lines an order, mean": _mean(lines),
        "lines an order, median": _quantile(lines, 0.5),
        "lines an order, 90 %": _quantile(lines, 0.9),
        "lines an order, 99 %": _quantile(lines, 0.99),
        "item twice in order": 1 - len(pairs) / len(known),
    }


def _customers(known: pl.DataFrame) -> dict[str, float]:
    orders = known.group_by("CustomerID", "InvoiceNo").agg(at=pl.col("at").min())
    each = orders.group_by("CustomerID").agg(n=pl.len(), first=pl.col("at").min())
    day = pl.col("at").dt.date()
    gaps = orders.sort("CustomerID", "at").select(
        gap=(day - day.shift().over("CustomerID")).dt.total_days()
    )["gap"]
    bought = known.unique(["CustomerID", "StockCode", "InvoiceNo"]).with_columns(
        again=pl.col("at") > pl.col("at").min().over("CustomerID", "StockCode"),
        later=pl.col("at") > pl.col("at").min().over("CustomerID"),
    )
    start = known["at"].dt.date().min()
    early = (pl.col("first").dt.date() - pl.lit(start)).dt.total_days() < 31
    return {
        "customers": len(each),
        "orders a customer, mean": _mean(each["n"]),
        "orders a customer, median": _quantile(each["n"], 0.5),
        "orders a customer, 90 %": _quantile(each["n"], 0.9),
        "orders a customer, 99 %": _quantile(each["n"], 0.99),
        "customers who come back": _share(each, pl.col("n") > 1),
        "customers seen in month one": _share(each, early),
        "days between orders, median": _quantile(gaps.drop_nulls(), 0.5),
        "days between orders, 90 %": _quantile(gaps.drop_nulls(), 0.9),
        "bought before, later orders": _share(bought.filter("later"), pl.col("again")),
    }


def _popularity(sold: pl.DataFrame) -> dict[str, float]:
    counts = sold.group_by("StockCode").len()["len"].sort(descending=True).to_numpy()
    months = (
        sold.group_by("StockCode", month=pl.col("at").dt.truncate("1mo"))
        .len()
        .pivot(on="month", index="StockCode", values="len")
        .fill_null(0)
    )
    table = np.log1p(months.select(sorted(months.columns[1:])[:12]).to_numpy())
    alike = np.corrcoef(table.T)
    first = sold.group_by("StockCode").agg(n=pl.len(), first=pl.col("at").min())
    start = first["first"].min()
    launched = (pl.col("first") - pl.lit(start)).dt.total_days() > 31
    return {
        "items sold": len(counts),
        "share of top 100 items": counts[:100].sum() / counts.sum(),
        "share of top fifth": counts[: len(counts) // 5].sum() / counts.sum(),
        "popularity slope, 1-100": _slope(counts, 1, 100),
        "popularity slope, 100-1000": _slope(counts, 100, 1000),
        "popularity slope, 1000-3000": _slope(counts, 1000, 3000),
        "lines of items launched later": _share_of(first, launched, "n"),
        "demand a month later, r": float(np.diag(alike, 1).mean()),
        "demand half a year later, r": float(np.diag(alike, 6).mean()),
    }


def _amounts(sold: pl.DataFrame, known: pl.DataFrame) -> dict[str, float]:
    price, quantity = sold["UnitPrice"].log(), sold["Quantity"].cast(pl.Float64).log()
    return {
        "log price, mean": _mean(price),
        "log price, sigma": float(np.std(price.to_numpy())),
        "log quantity, mean": _mean(quantity),
        "log quantity, sigma": float(np.std(quantity.to_numpy())),
        "price with quantity, r": float(np.corrcoef(price, quantity)[0, 1]),
        "quantity of customers, median": _quantile(known["Quantity"], 0.5),
        "quantity of customers, 95 %": _quantile(known["Quantity"], 0.95),
        "customers' lines of one": _share(known, pl.col("Quantity") == 1),
        "customers' lines of twelve": _share(known, pl.col("Quantity") == 12),
    }


def _cancellations(log: pl.DataFrame) -> dict[str, float]:
    cancelled = log.filter(CANCELS)
    back = cancelled.filter(ITEM, ~UNKNOWN).select("line", "CustomerID", "StockCode", "at")
    bought = goods(log).select("CustomerID", "StockCode", bought="at")
    found = (
        back.join(bought, on=["CustomerID", "StockCode"])
        .filter(pl.col("bought") <= pl.col("at"))
        .group_by("line")
        .agg(days=(pl.col("at").first() - pl.col("bought").max()).dt.total_minutes() / 1440)
    )
    lines = cancelled.group_by("InvoiceNo").len()["len"]
    return {
        "lines cancelled": len(cancelled) / len(log),
        "invoices that cancel": len(lines) / log["InvoiceNo"].n_unique(),
        "lines a cancellation, 90 %": _quantile(lines, 0.9),
        "cancelled after a purchase": len(found) / len(back),
        "days to cancellation, median": _quantile(found["days"], 0.5),
        "days to cancellation, 90 %": _quantile(found["days"], 0.9),
        "cancelled within a day": _share(found, pl.col("days") < 1),
    }


def _taste(known: pl.DataFrame) -> dict[str, float]:
    precise, popular = new_item_precision(known, datetime(2011, 11, 12))  # noqa: DTZ001 - as logged
    return {
        "popularity, new-item precision@20": popular,
        "SVD over popularity": precise / popular,
    }


def new_item_precision(
    known: pl.DataFrame, cut: datetime, rank: int = 32, at: int = 20
) -> tuple[float, float]:
    """Precision of a truncated SVD, and of popularity, on what customers newly buy from `cut` on.

    Trained on who bought what before; measured over the customers with a new item to find.
    """
    pairs = known.select("CustomerID", "StockCode", before=pl.col("at") < cut)
    trained = pairs.filter("before")
    customers = trained["CustomerID"].unique().sort()
    items = trained["StockCode"].unique().sort()
    seen = _matrix(trained, customers, items)
    new = _matrix(pairs.filter(~pl.col("before")), customers, items) & ~seen
    asked = new.any(axis=1)
    bought = seen.astype(np.float32)
    basis = _right_vectors(bought, rank)
    fitted = bought[asked] @ basis.T @ basis
    popular = np.broadcast_to(bought.sum(axis=0), fitted.shape)
    scores = [np.where(seen[asked], -np.inf, score) for score in (fitted, popular)]
    best = [np.argpartition(-score, at, axis=1)[:, :at] for score in scores]
    hits = [float(np.take_along_axis(new[asked], top, axis=1).mean()) for top in best]
    return hits[0], hits[1]


def _matrix(pairs: pl.DataFrame, customers: pl.Series, items: pl.Series) -> np.ndarray:
    found = (
        pairs.unique()
        .join(pl.DataFrame({"CustomerID": customers}).with_row_index("row"), on="CustomerID")
        .join(pl.DataFrame({"StockCode": items}).with_row_index("column"), on="StockCode")
    )
    table = np.zeros((len(customers), len(items)), dtype=bool)
    table[found["row"].to_numpy(), found["column"].to_numpy()] = True
    return table


def _right_vectors(matrix: np.ndarray, rank: int) -> np.ndarray:
    """The first right singular vectors, by randomised subspace iteration (Halko et al., 2011)."""
    random = np.random.default_rng(0)
    sample = matrix @ random.standard_normal((matrix.shape[1], rank + 16)).astype(np.float32)
    for _ in range(5):
        sample = matrix @ (matrix.T @ np.linalg.qr(sample)[0])
    orthogonal = np.linalg.qr(sample)[0]
    return np.linalg.svd(orthogonal.T @ matrix, full_matrices=False)[2][:rank]


def _share(table: pl.DataFrame, what: pl.Expr) -> float:
    return float(table.select(what.fill_null(value=False).mean()).item())


def _share_of(table: pl.DataFrame, what: pl.Expr, weight: str) -> float:
    return float(table.filter(what)[weight].sum() / table[weight].sum())


def _mean(values: pl.Series) -> float:
    return float(np.mean(values.to_numpy()))


def _quantile(values: pl.Series, share: float) -> float:
    return float(np.quantile(values.to_numpy(), share))


def _slope(counts: np.ndarray, first: int, last: int) -> float:
    """The exponent of popularity over ranks `first` to `last` (Zipf's law would have -1)."""
    ranks = np.arange(first, last)
    return float(np.polyfit(np.log(ranks), np.log(counts[first - 1 : last - 1]), 1)[0])
