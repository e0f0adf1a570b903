"""Lists for the shop's customers, and what is said of them."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import pyarrow as pa

from tests.apps.shop import Line
from tests.apps.shop_forecasts import table

RUN = "recommend-1"
# Hit rate of the ten of for_you, with its interval, and that of what is popular.
HIT, LOW, HIGH, POPULAR = 0.8, 0.75, 0.85, 0.5
KNOWN = "10003"


def bought(lines: Sequence[Line], customer: str) -> Counter[str]:
    """In how many orders a customer bought each product."""
    pairs = {(x.order_id, x.product_id) for x in lines if x.sells and x.customer_id == customer}
    return Counter(product for _, product in pairs)


def tables(lines: Sequence[Line]) -> dict[str, pa.Table]:
    """The tables of `ml` that the recommendations page reads; KNOWN alone has lists."""
    products = sorted({x.product_id for x in lines if x.sells})
    again = [product for product, _ in bought(lines, KNOWN).most_common()]
    new = [product for product in products if product not in again] or products[:1]
    lists = [
        (KNOWN, "for_you", [*again, *new], None, "blend"),
        (KNOWN, "buy_again", again, None, "buy_again"),
        (KNOWN, "discover", new, again[0] if again else None, "ease"),
        (None, "popular", products, None, "popular"),
    ]
    return {
        "ml.recommendations": table(
            [
                {
                    "customer_id": customer,
                    "kind": kind,
                    "rank": rank,
                    "product_id": product,
                    "score": 1 / rank,
                    "because_product_id": because,
                    "model": model,
                    "run_id": RUN,
                }
                for customer, kind, listed, because, model in lists
                for rank, product in enumerate(listed, start=1)
            ],
            "customer_id kind rank:int product_id score:double because_product_id model run_id",
        ),
        "ml.item_partners": table(
            [
                {
                    "product_id": one,
                    "rank": 1,
                    "partner_product_id": other,
                    "orders_together": 12,
                    "confidence": 0.25,
                    "lift": 3.0,
                }
                for one, other in pairwise(products)
            ],
            "product_id rank:int partner_product_id orders_together:long confidence:double"
            " lift:double",
        ),
        "ml.item_neighbours": table(
            [
                {
                    "product_id": one,
                    "rank": 1,
                    "neighbour_product_id": other,
                    "similarity": 0.5,
                    "customers_in_common": 7,
                }
                for one, other in pairwise(products)
            ],
            "product_id rank:int neighbour_product_id similarity:double customers_in_common:long",
        ),
        "ml.item_audiences": table(
            [{"product_id": p, "rank": 1, "customer_id": KNOWN, "score": 0.5} for p in products],
            "product_id rank:int customer_id score:double",
        ),
        "ml.metrics": _metrics(),
        "ml.fct_interactions": table(
            [
                {
                    "customer_id": x.customer_id,
                    "product_id": x.product_id,
                    "order_id": x.order_id,
                    "interacted_at": x.ordered_at,
                }
                for x in lines
                if x.sells and x.customer_id
            ],
            "customer_id product_id order_id interacted_at:timestamp",
        ),
    }


def last_bought(lines: Sequence[Line], customer: str, product: str) -> datetime:
    """When a customer bought a product last."""
    return max(
        x.ordered_at
        for x in lines
        if x.sells and (x.customer_id, x.product_id) == (customer, product)
    )


def _metrics() -> pa.Table:
    rows = [
        {
            "run_id": run,
            "task": "recommend",
            "model": model,
            "slice": f"{part} {scope} 2024-04-12..2024-05-09",
            "name": name,
            "value": value,
            "low": value - 0.05,
            "high": value + 0.05,
            "baseline": "recent_popularity",
            "baseline_value": POPULAR,
        }
        # What is not shipped, not reported or of another run must not be shown.
        for run, part, model, value in (
            (RUN, "test", "blend", HIT),
            (RUN, "test", "buy_again", 0.7),
            (RUN, "test", "ease", 0.6),
            (RUN, "test", "recent_popularity", POPULAR),
            (RUN, "test", "als", 0.99),
            (RUN, "validation", "blend", 0.98),
            ("recommend-0", "test", "blend", 0.97),
        )
        for scope in ("all", "new")
        for name in ("hr@10", "ndcg@10", "recall@10")
    ]
    return table(
        rows,
        "run_id task model slice name value:double low:double high:double baseline"
        " baseline_value:double",
    )
