"""Every recommender on a checkerboard, whose answer is known; the lists made from them."""

from datetime import datetime, timedelta

import duckdb
import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_matrix

from lakehouse.errors import ModelError
from lakehouse.ml.recommend.audiences import make_audiences
from lakehouse.ml.recommend.baskets import make_partners
from lakehouse.ml.recommend.blend import Blend
from lakehouse.ml.recommend.buy_again import BuyAgain, repeats
from lakehouse.ml.recommend.interactions import Interactions, interactions
from lakehouse.ml.recommend.lists import Chosen, make_lists, on_sale
from lakehouse.ml.recommend.neighbours_sql import fit_neighbours_sql
from lakehouse.ml.recommend.popularity import SameForAll, recent_orders, trend
from lakehouse.ml.recommend.recipes import RECIPES, Fits
from lakehouse.ml.recommend.scoring import Wanted, top, tops
from tests.unit.ml.shop import DAY, checkerboard, line, lines

AS_OF = datetime.fromisoformat("2024-06-03")
SIZE = 20
PERSONAL = sorted(set(RECIPES) - {"popularity", "recent_popularity", "buy_again"})


@pytest.fixture(scope="module")
def board() -> Interactions:
    return interactions(checkerboard(SIZE), AS_OF)


@pytest.fixture(scope="module")
def fits(board: Interactions) -> Fits:
    return Fits(board)


def everybody(found: Interactions) -> np.ndarray:
    return np.arange(len(found.customers), dtype=np.int32)


@pytest.mark.parametrize("name", PERSONAL)
def test_the_missing_square_of_the_own_colour_comes_first(fits: Fits, name: str) -> None:
    found = fits.interactions
    picked, _ = top(RECIPES[name].make(fits), everybody(found), 1, seen=found.counts)
    assert picked[:, 0].tolist() == list(range(SIZE))  # customer i misses product i


def test_the_missing_square_is_found_in_sql_too(board: Interactions) -> None:
    with duckdb.connect() as connection:
        model = fit_neighbours_sql(connection, board)
    picked, _ = top(model, everybody(board), 1, seen=board.counts)
    assert picked[:, 0].tolist() == list(range(SIZE))


@pytest.mark.parametrize("name", [*PERSONAL, "buy_again"])
def test_repeats_allowed_the_own_colour_fills_the_list(fits: Fits, name: str) -> None:
    found = fits.interactions
    picked, _ = top(RECIPES[name].make(fits), everybody(found), 9)
    colours = np.arange(SIZE)[:, None] % 2
    assert (picked % 2 == colours).all()


@pytest.mark.parametrize("name", ["popularity", "recent_popularity"])
def test_popularity_says_the_same_to_everybody(fits: Fits, name: str) -> None:
    scores = RECIPES[name].make(fits).scores(np.array([0, 7], np.int32))
    assert (scores[0] == scores[1]).all()
    # Every product has the same number of buyers, within hours of each other.
    np.testing.assert_allclose(scores, 1, atol=0.01 if name == "recent_popularity" else 0)


def test_sql_and_the_kernel_find_the_same_neighbours() -> None:
    rng = np.random.default_rng(3)
    rows = [
        line(n, customer_id=f"c{rng.integers(60)}", product_id=f"p{int(rng.beta(1, 3) * 40)}")
        for n in range(900)
    ]
    found = interactions(lines(*rows), AS_OF)
    with duckdb.connect() as connection:
        in_sql = fit_neighbours_sql(connection, found).similarity.toarray()
    by_kernel = Fits(found).neighbours.similarity.toarray()
    assert in_sql.max() > 0.1
    np.testing.assert_allclose(in_sql, by_kernel, atol=1e-5)


def test_the_trend_is_recent_over_usual_orders_as_shares() -> None:
    # Old: 4 buyers 70 days ago. New: 2 buyers 7 days ago, half-life 7 days.
    old = [line(n, customer_id=f"c{n}", product_id="old") for n in range(4)]
    later = DAY + timedelta(days=63)
    new = [line(n, customer_id=f"c{n}", product_id="new", ordered_at=later) for n in range(4, 6)]
    found = interactions(lines(*old, *new), DAY + timedelta(days=70))
    np.testing.assert_allclose(recent_orders(found, 7), [2 * 0.5, 4 * 2**-10], rtol=1e-5)
    usual = np.array([2 * 2 ** (-7 / 180), 4 * 2 ** (-70 / 180)])
    recent, usual = np.array([1, 2**-8]) + 1e-4, usual / usual.max() + 1e-4
    np.testing.assert_allclose(trend(found, 7, 1), recent / usual, rtol=1e-5)


def test_a_product_on_two_lines_of_an_order_counts_once_and_nobody_is_no_customer() -> None:
    found = interactions(
        lines(
            line(1, order_id="o"),
            line(2, order_id="o"),
            line(3, order_id="later"),
            line(4, customer_id=None),
            line(5, ordered_at=AS_OF),
        ),
        AS_OF,
    )
    assert found.counts.toarray().tolist() == [[2.0]]


def test_equal_scores_go_by_code_however_many_tie() -> None:
    scores = np.array([0, 1, 2, 1, 1, 1, 1, 1, 1, 1, 0.5], np.float32)
    picked, values = top(SameForAll(scores), np.array([0], np.int32), 3)
    assert picked.tolist() == [[2, 1, 3]]
    assert values.tolist() == [[2, 1, 1]]


def test_lists_made_together_are_those_made_one_by_one(fits: Fits) -> None:
    found = fits.interactions
    wanted = [
        Wanted(RECIPES["again_ease_trend"].make(fits)),
        Wanted(RECIPES["ease_trend"].make(fits), seen=found.counts),
    ]
    together = tops(wanted, everybody(found), 5)
    for each, (codes, scores) in zip(wanted, together, strict=True):
        alone = Fits(found)
        name = "ease_trend" if each.seen is not None else "again_ease_trend"
        one, values = top(RECIPES[name].make(alone), everybody(found), 5, seen=each.seen)
        assert codes.tolist() == one.tolist()
        assert scores.tolist() == values.tolist()


def test_repeats_are_ranked_by_score_and_equal_ones_by_code() -> None:
    #                   p0 p1 p2 p3 p4
    bought = csr_matrix([[1, 2, 1, 1, 5], [0, 0, 0, 0, 0], [0, 0, 0, 0, 1]], dtype=np.float32)
    model = BuyAgain(bought, np.array([0.1, 0.0, 0.4, 0.4, 0.9], np.float32))
    allowed = np.array([True, True, True, True, False])
    customers = np.array([2, 0, 1], np.int32)
    codes, scores = repeats(model, customers, 3, allowed=allowed)
    assert codes.tolist() == [[-1, -1, -1], [1, 2, 3], [-1, -1, -1]]
    np.testing.assert_allclose(scores[1], [2.0, 1.4, 1.4], rtol=1e-6)


def test_a_short_list_ends_in_nothing() -> None:
    model = SameForAll(np.array([0.0, 3.0], np.float32))
    picked, values = top(model, np.array([0], np.int32), 4)
    assert picked.tolist() == [[1, -1, -1, -1]]
    assert values.tolist() == [[3, 0, 0, 0]]


def test_a_blend_takes_shares_of_the_best() -> None:
    one = SameForAll(np.array([10.0, 5.0], np.float32))
    other = SameForAll(np.array([0.0, 0.2], np.float32))
    blended = Blend([(one, 1.0), (other, 0.4)]).scores(np.array([0], np.int32))
    np.testing.assert_allclose(blended, [[1.0, 0.9]], rtol=1e-6)


def test_discoveries_are_new_and_name_a_purchase_of_the_customer(fits: Fits) -> None:
    found = fits.interactions
    rows = make_lists(
        fits,
        Chosen("again_ease_trend", "ease_trend"),
        checkerboard(SIZE),
        everybody(found),
        5,
    )
    own = set(zip(*found.counts.nonzero(), strict=True))
    for kind, customer, product, reason in (
        rows.filter(pl.col("kind") != "popular")
        .select("kind", "customer_id", "product_id", "because_product_id")
        .iter_rows()
    ):
        cell = int(customer[1:]), int(product[1:])
        assert (cell in own) == (kind == "buy_again") or kind == "for_you"
        assert reason is None or (int(customer[1:]), int(reason[1:])) in own
    firsts = rows.filter(pl.col("kind") == "discover", pl.col("rank") == 1)
    assert firsts["because_product_id"].null_count() == 0
    ranks = rows.group_by("kind", "customer_id").agg(pl.col("rank"))["rank"].to_list()
    assert all(rank == list(range(1, 6)) for rank in ranks)
    assert rows.filter(pl.col("kind") == "popular")["customer_id"].null_count() == 5


def test_what_nobody_bought_for_sixty_days_is_gone() -> None:
    later = DAY + timedelta(days=61)
    fresh = [line(n, product_id=f"p{n:02}", ordered_at=later) for n in range(10)]
    old = line(99, product_id="gone")
    purchases = lines(*fresh, old)
    found = interactions(purchases, later + timedelta(hours=1))
    available = on_sale(found, purchases)
    assert found.products[~available].tolist() == ["gone"]
    picked, _ = top(Fits(found).popularity, np.array([0], np.int32), 10, allowed=available)
    assert "gone" not in found.products[picked].tolist()[0]


def test_the_audience_of_a_product_is_its_own_colour(fits: Fits) -> None:
    found = fits.interactions
    products = np.array([3, 4], np.int32)
    rows = make_audiences(found, RECIPES["neighbours"].make(fits), products, k=1)
    assert rows.rows() == [("p03", 1, "c03", rows["score"][0]), ("p04", 1, "c04", rows["score"][1])]


def test_partners_are_counted_by_hand() -> None:
    baskets = {"o1": "ab", "o2": "ab", "o3": "ab", "o4": "ab", "o5": "ab", "o6": "ac", "o7": "c"}
    rows = [
        line(n, order_id=order, product_id=product)
        for n, (order, product) in enumerate((o, p) for o, ps in baskets.items() for p in ps)
    ]
    found = make_partners(lines(*rows))
    # a stands in 6 of 7 orders, b in 5, both in 5; a and c met once, which is chance.
    assert found.select("product_id", "partner_product_id", "orders_together").rows() == [
        ("a", "b", 5),
        ("b", "a", 5),
    ]
    np.testing.assert_allclose(found["confidence"], [5 / 6, 1.0])
    np.testing.assert_allclose(found["lift"], [5 / 6 / (5 / 7), 1.0 / (6 / 7)])


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [line(1)],
        [line(1, customer_id=None)],
        [line(n, product_id=f"p{n}") for n in range(3)],
        [line(n, customer_id=f"c{n}") for n in range(3)],
    ],
    ids=["no data", "one line", "nobody known", "one customer", "one product"],
)
def test_hardly_any_data_gives_short_lists_and_no_error(rows: list[dict[str, object]]) -> None:
    purchases = lines(*rows)
    found = interactions(purchases, AS_OF)
    fits = Fits(found)
    for name in RECIPES:
        if len(found.customers):
            scores = RECIPES[name].make(fits).scores(everybody(found))
            assert np.isfinite(scores).all()
    listed = make_lists(fits, Chosen("again_ease_trend", "ease_trend"), purchases, everybody(found))
    assert listed["score"].is_finite().all()
    assert listed.filter(pl.col("kind") == "for_you").height >= len(found.customers)
    popular = listed.filter(pl.col("kind") == "popular")
    assert popular.height == purchases["product_id"].n_unique()
    make_partners(purchases)


def test_too_many_products_for_ease_is_told() -> None:
    from lakehouse.ml.recommend.ease import MOST_PRODUCTS, fit_ease

    codes = np.arange(MOST_PRODUCTS + 1, dtype=np.int32)
    names = np.array([f"p{n}" for n in codes], dtype=object)
    wide = Interactions(
        AS_OF, np.array(["c"], dtype=object), names, codes * 0, codes, np.ones(len(codes), "f4")
    )
    assert not RECIPES["ease_trend"].fits(wide)
    with pytest.raises(ModelError, match="20,001 products"):
        fit_ease(wide)
