"""Which recommender is best: chosen on one window, reported on a later one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from lakehouse.ml.evaluation.ranking import Truth, coverage, estimates, judge, novelty, truth
from lakehouse.ml.evaluation.uncertainty import Estimate
from lakehouse.ml.evaluation.windows import Window
from lakehouse.ml.recommend.interactions import IntArray, Interactions
from lakehouse.ml.recommend.recipes import RECIPES, Fits
from lakehouse.ml.recommend.scoring import Wanted, tops

K = 10
Scope = Literal["all", "new"]
SCOPES: tuple[Scope, ...] = ("all", "new")


@dataclass(frozen=True)
class Standing:
    """How one recommender did in one window: `metrics` at 10, by name."""

    model: str
    scope: Scope
    window: Window
    judged: int
    metrics: dict[str, Estimate]


def standings(
    fits: Fits, purchases: pl.DataFrame, window: Window, models: Sequence[str]
) -> list[Standing]:
    """Judge `models` in `window`; `fits` must know nothing from its start on.

    `all` lists may repeat what the customer has bought, and are judged by all they bought;
    `new` lists may not, and are judged by what was new to them.
    """
    found = []
    for scope in SCOPES:
        wanted = truth(fits.interactions, window.within(purchases), new_only=scope == "new")
        seen = fits.interactions.counts if scope == "new" else None
        rivals = [model for model in models if RECIPES[model].fits(fits.interactions)]
        lists = tops(
            [Wanted(RECIPES[model].make(fits), seen) for model in rivals], wanted.customers, K
        )
        for model, (picked, _) in zip(rivals, lists, strict=True):
            metrics = _metrics(fits.interactions, wanted, picked)
            found.append(Standing(model, scope, window, len(wanted.customers), metrics))
    return found


def best(found: Sequence[Standing], scope: Scope) -> str | None:
    """The recommender with the highest NDCG in `scope`, baselines aside; None when unjudged."""
    rivals = [s for s in found if s.scope == scope and s.judged and not RECIPES[s.model].baseline]
    return max(rivals, key=lambda s: s.metrics["ndcg"].value).model if rivals else None


def _metrics(interactions: Interactions, wanted: Truth, lists: IntArray) -> dict[str, Estimate]:
    metrics = estimates(judge(lists, wanted))
    customers, products = interactions.shape
    for name, value in (
        ("coverage", coverage(lists, products)),
        ("novelty", novelty(lists, interactions.buyers, customers)),
    ):
        metrics[name] = Estimate(value, value, value)
    return metrics
