"""Item neighbours in SQL: the similarities of `neighbours`, computed where the marts are.

The statements below are the model, written out: each line of them can be run and looked at. Up
to some five million interactions they finish in seconds; beyond, the self-join grows with the
square of the longest histories, and `implicit`'s kernel takes over.
"""

import numpy as np
import polars as pl
from duckdb import DuckDBPyConnection
from scipy.sparse import coo_matrix

from lakehouse.errors import ModelError
from lakehouse.ml.recommend.interactions import Interactions
from lakehouse.ml.recommend.neighbours import K1, NEIGHBOURS, B, Neighbours

MOST_INTERACTIONS = 5_000_000

# A product or customer is its code. `orders` has one row a customer, product and order.
SIMILARITIES = f"""
with
    bought as (
        select customer, product, count(*) as orders from interactions group by 1, 2
    ),
    products as (select product, count(*) as buyers from bought group by 1),
    customers as (select customer, sum(orders) as length from bought group by 1),
    totals as (select count(*) as customers, avg(length) as mean_length from customers),
    weighted as (
        select
            customer,
            product,
            orders * ({K1} + 1)
            / ({K1} * (1 - {B} + {B} * length / mean_length) + orders)
            * greatest(ln(totals.customers / (1.0 + buyers)), 0) as weight
        from bought
        join products using (product)
        join customers using (customer)
        cross join totals
    ),
    norms as (select product, sqrt(sum(weight * weight)) as norm from weighted group by 1),
    pairs as (
        select a.product as one, b.product as other, sum(a.weight * b.weight) as product_sum
        from weighted as a
        join weighted as b on a.customer = b.customer and a.product < b.product
        group by 1, 2
    ),
    directed as (
        select one, other, product_sum from pairs
        union all
        select other, one, product_sum from pairs
    )
select one, other, product_sum / (n.norm * m.norm) as similarity
from directed
join norms as n on n.product = one
join norms as m on m.product = other
where n.norm > 0 and m.norm > 0
qualify row_number() over (partition by other order by similarity desc, one) <= $k
"""


def fit_neighbours_sql(
    connection: DuckDBPyConnection, interactions: Interactions, k: int = NEIGHBOURS
) -> Neighbours:
    """The same as `fit_neighbours`, by one statement on `connection`.

    It makes and drops the view `interactions` there. Raises ModelError for more than five
    million interactions.
    """
    if len(interactions.age_days) > MOST_INTERACTIONS:
        raise ModelError(
            f"{len(interactions.age_days):,} interactions are too many for the neighbours in SQL",
            hint="leave out --engine sql",
        )
    coded = pl.DataFrame(
        {"customer": interactions.customer_codes, "product": interactions.product_codes}
    )
    connection.register("interactions", coded.to_arrow())
    try:
        found = connection.execute(SIMILARITIES, {"k": k}).fetchnumpy()
    finally:
        connection.unregister("interactions")
    width = interactions.shape[1]
    entries = (found["similarity"].astype(np.float32), (found["one"], found["other"]))
    similarity = coo_matrix(entries, shape=(width, width)).tocsr()
    similarity.eliminate_zeros()
    similarity.sort_indices()
    return Neighbours(interactions.history, similarity)
