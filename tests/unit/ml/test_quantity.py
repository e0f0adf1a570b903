"""Features that see the past only, models with a known answer, metrics by hand."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

from lakehouse.errors import ModelError
from lakehouse.ml.evaluation.classification import (
    auc,
    class_metrics,
    confusion,
    threshold_table,
)
from lakehouse.ml.evaluation.regression import errors, residual_histogram
from lakehouse.ml.orders import demand
from lakehouse.ml.quantity.asking import Question, remember
from lakehouse.ml.quantity.customers import customers_at, outcomes, segment_outcomes
from lakehouse.ml.quantity.features import FEATURES, clean, features, split_by_time, to_matrix
from lakehouse.ml.quantity.model import baselines, fit_quantity, read_quantity
from lakehouse.ml.quantity.returning import (
    fit_return,
    fit_segment,
    matrix,
    probabilities,
    read_segment,
    segment_to_bytes,
    standings,
)
from lakehouse.ml.quantity.unusual import precision_at, scored, taken_back, to_review
from tests.unit.ml.shop import DAY, line, lines


def at(days: float) -> datetime:
    return DAY + timedelta(days=days)


@pytest.fixture(scope="module")
def world() -> pl.DataFrame:
    """Each customer buys in their own multiple of each product's pack, for most of a year."""
    rng = np.random.default_rng(4)
    rows = []
    for n in range(4000):
        customer, product = int(rng.integers(120)), int(rng.integers(15))
        # The first sixty come all the time, the others stop after half a year.
        day = rng.uniform(0, 330 if customer < 60 else 150)
        rows.append(
            line(
                n,
                order_id=f"o{customer}-{int(day)}",
                customer_id=f"c{customer}",
                product_id=f"P{product}",
                quantity=(1 + customer % 4) * (1 + product),
                unit_price=1.0 + product,
                ordered_at=at(float(int(day))),
            )
        )
    return clean(demand(lines(*rows)))


def test_features_come_from_earlier_orders_only() -> None:
    rows = clean(
        lines(
            line(1, order_id="a", quantity=2),
            line(2, order_id="a", quantity=9),  # the same product, on the same order
            line(3, order_id="b", quantity=4, ordered_at=at(3)),
            line(4, order_id="c", quantity=6, ordered_at=at(5), customer_id="other"),
        )
    )
    found = features(rows)
    assert found["last_quantity"].to_list() == [None, None, 9, None]
    assert found["times_bought"].to_list() == [0, 0, 2, 0]
    assert found["product_lines"].to_list() == [0, 0, 2, 3]
    assert found["customer_orders"].to_list() == [0, 0, 1, 0]
    assert found["days_since_order"].to_list() == [None, None, 3, None]
    assert found["pair_log_quantity"][2] == pytest.approx((np.log(3) + np.log(10)) / 2)


def test_the_future_changes_no_feature(world: pl.DataFrame) -> None:
    half = world.height // 2
    cut = world["ordered_at"][half]
    early = world.filter(pl.col("ordered_at") < cut)
    assert features(early).equals(features(world).head(early.height))


def test_asking_about_a_line_sees_what_training_would_see(world: pl.DataFrame) -> None:
    asked = Question("c3", "P7", 8.0, at(340.25), "France")
    row = line(
        9999, customer_id="c3", product_id="P7", unit_price=8.0, ordered_at=at(340.25), order_id="z"
    )
    trained = to_matrix(features(clean(pl.concat([world, lines(row)]))))[-1]
    answered = remember(world).features([asked])[0]
    np.testing.assert_allclose(answered, trained, rtol=1e-9, atol=1e-9, err_msg=str(FEATURES))


def test_an_unknown_customer_and_product_are_unknown(world: pl.DataFrame) -> None:
    history = remember(world)
    asked = Question("nobody", "nothing", 1.0, at(340))
    assert history.knows(asked) == (False, False)
    row = dict(zip(FEATURES, history.features([asked])[0], strict=True))
    assert np.isnan(row["last_quantity"])
    assert row["customer_lines"] == 0


def test_the_model_learns_who_buys_how_many_and_survives_its_file(world: pl.DataFrame) -> None:
    split = split_by_time(world)
    assert split.train["ordered_at"].max() < split.test["ordered_at"].min()
    assert split.train.height == pytest.approx(0.7 * world.height, rel=0.02)
    learned = split.train["quantity"].cast(pl.Float64).to_numpy()
    actual = split.test["quantity"].cast(pl.Float64).to_numpy()
    model = fit_quantity(split.train_features, learned, seed=1)
    said = model.predict(split.test_features)
    rules = {name: errors(values, actual)["mae"] for name, values in baselines(split).items()}
    assert errors(said, actual)["mae"] < 0.5 * rules["linear_regression"]
    assert rules["last_quantity"] < rules["mean"]
    again = fit_quantity(split.train_features, learned, seed=1)
    assert again.to_text() == model.to_text()
    read = read_quantity(model.to_text())
    assert (read.predict(split.test_features) == said).all()


def test_a_damaged_model_file_is_told() -> None:
    with pytest.raises(ModelError, match="damaged"):
        read_quantity(b"tree\nnonsense")
    with pytest.raises(ModelError, match="damaged"):
        read_segment(b"PK nonsense")


def test_too_few_lines_are_told() -> None:
    with pytest.raises(ModelError, match="too few"):
        split_by_time(clean(lines(*(line(n) for n in range(99)))))
    with pytest.raises(ModelError, match="one moment"):
        split_by_time(clean(lines(*(line(n) for n in range(200)))))


def test_errors_by_hand() -> None:
    said, came = np.array([1.0, 2, 3, 10]), np.array([1.0, 4, 3, 4])
    assert errors(said, came) == {"mae": 2.0, "medae": 1.0, "rmse": np.sqrt(10)}
    histogram = residual_histogram(said, came)
    assert histogram["lines"].sum() == 4
    assert histogram.filter(pl.col("at_least") == -1)["lines"].to_list() == [2]


def test_class_metrics_by_hand() -> None:
    actual = np.array([True, False, True, False])
    scores = np.array([0.9, 0.1, 0.35, 0.4])
    assert auc(scores, actual) == 0.75
    assert auc(scores, np.ones(4, dtype=bool)) == 0.5
    half = next(row for row in threshold_table(scores, actual) if row.threshold == 0.4)
    assert (half.precision, half.recall, half.f1, half.positives) == (0.5, 0.5, 0.5, 2)
    high = threshold_table(scores * 0.5, actual)[-1]
    assert (high.precision, high.f1, high.positives) == (0, 0, 0)
    said, came = ["a", "a", "b"], ["a", "b", "b"]
    assert class_metrics(said, came)["accuracy"] == pytest.approx(2 / 3)
    assert confusion(said, came, ["a", "b"]).tolist() == [[1, 0], [1, 1]]


def test_segments_follow_their_rules() -> None:
    def orders(customer: str, *days: float) -> list[dict[str, object]]:
        return [
            line(n, customer_id=customer, order_id=f"{customer}{n}", ordered_at=at(day))
            for n, day in enumerate(days)
        ]

    found = customers_at(
        lines(
            *orders("champion", 10, 40, 70, 90, 190),
            *orders("loyal", 10, 40, 130),
            *orders("new", 150),
            *orders("promising", 10, 150),
            *orders("at risk", 10, 20, 30),
            *orders("lapsed", 10),
            *orders("unborn", 201),
        ),
        at(200),
    )
    assert dict(found.select("customer_id", "segment").iter_rows()) == {
        "champion": "champions",
        "loyal": "loyal",
        "new": "new",
        "promising": "promising",
        "at risk": "at_risk",
        "lapsed": "lapsed",
    }
    loyal = found.row(by_predicate=pl.col("customer_id") == "loyal", named=True)
    assert (loyal["recency_days"], loyal["tenure_days"], loyal["orders"]) == (70, 190, 3)
    assert loyal["days_between_orders"] == 60


def test_outcomes_are_those_of_the_sixty_days_after() -> None:
    rows = lines(
        line(1, customer_id="back"),
        line(2, customer_id="gone"),
        line(3, customer_id="late"),
        line(4, customer_id="back", order_id="x", ordered_at=at(60.9), unit_price=5.0),
        line(5, customer_id="late", order_id="y", ordered_at=at(61)),
    )
    found = outcomes(rows, at(1))
    assert found["returned"].to_list() == [True, False, False]
    assert found["next_revenue"].to_list() == [5.0, 0.0, 0.0]
    table = segment_outcomes(rows, at(1))
    assert table.select("segment", "customers", "return_rate").rows() == [("new", 3, 1 / 3)]


def test_who_returns_is_learned_and_both_models_survive_their_files(world: pl.DataFrame) -> None:
    found = standings(world, at(330))
    assert found.train["customer_id"].n_unique() == 120
    model = fit_return(found.train, seed=1)
    said = probabilities(model, found.test)
    assert auc(said, found.test["returned"].to_numpy()) > 0.95  # regulars against those who left
    segments = fit_segment(found.train)
    read = read_segment(segment_to_bytes(segments))
    assert (read.predict(matrix(found.test)) == segments.predict(matrix(found.test))).all()


def test_too_few_customers_are_told() -> None:
    with pytest.raises(ModelError, match="too little"):
        standings(lines(line(1), line(2, ordered_at=at(200))), at(330))


def test_customers_who_all_do_the_same_are_told() -> None:
    once = lines(*(line(n, customer_id=f"c{n}", ordered_at=at(n % 60)) for n in range(200)))
    with pytest.raises(ModelError, match="did the same"):
        standings(once, at(330))


def test_a_monster_comes_first_and_taking_back_is_seen() -> None:
    usual = [line(n, quantity=2 + n % 3, ordered_at=at(n / 10)) for n in range(60)]
    monster = line(100, quantity=900, ordered_at=at(7), customer_id="typo")
    back = line(
        101, line_type="cancellation", quantity=-900, ordered_at=at(7.1), customer_id="typo"
    )
    rows = lines(*usual, monster, back)
    found = scored(rows)
    listed = to_review(found, at(8))
    assert listed["order_line_id"][0] == 100
    assert listed["times_typical"][0] == pytest.approx(300)
    assert listed["rank"].to_list() == list(range(1, listed.height + 1))
    actual = taken_back(rows, found)
    assert found["order_line_id"].to_numpy()[actual].tolist() == [100]
    assert precision_at(found["score"].to_numpy(), actual, k=1) == 1.0


def test_the_first_sale_of_a_product_is_measured_against_all() -> None:
    usual = [line(n, quantity=3, ordered_at=at(n / 10)) for n in range(60)]
    monster = line(100, quantity=900, product_id="never sold before", ordered_at=at(7))
    assert to_review(scored(lines(*usual, monster)), at(8))["times_typical"][0] == 300
