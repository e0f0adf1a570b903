"""Every task on a real catalog: run, publish, trace, promote, roll back, repeat, ask."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import requests
import uvicorn
from click.testing import CliRunner

from lakehouse.catalog import open_catalog
from lakehouse.cli.root import lakehouse
from lakehouse.config import Settings, load_settings
from lakehouse.errors import CatalogError, LockedError, ModelError
from lakehouse.ml.lake import Lake, alone, open_lake
from lakehouse.ml.runs import registry, store
from lakehouse.ml.runs.lineage import trace
from lakehouse.ml.serving import state
from lakehouse.ml.serving.service import make_app
from lakehouse.ml.tasks import asking
from lakehouse.ml.tasks.execution import TASKS, Task, due, execute, execute_due, repeat
from lakehouse.tables.rebuild import TableContent, rebuild

START = datetime.fromisoformat("2024-01-01T09:00")
NOW = datetime.fromisoformat("2024-12-31T12:00")
CUSTOMERS, PRODUCTS, DAYS = 60, 25, 300


def orders() -> pl.DataFrame:
    """Customers with a taste and a rhythm, 300 days; one line is dated in the future."""
    rng = np.random.default_rng(11)
    rows: list[tuple[object, ...]] = []
    for customer in range(CUSTOMERS):
        rhythm, last = 5 + customer % 20, DAYS if customer % 3 else DAYS // 2
        for day in range(customer % rhythm, last, rhythm):
            when = START + timedelta(days=day, hours=float(rng.integers(9)))
            for product in rng.choice(PRODUCTS // 2, 3, replace=False):
                code = int(product) * 2 + customer % 2
                rows.append((f"{customer}-{day}", f"P{code}", f"C{customer}", when, 1 + code % 5))
    rows.append(("future", "P1", "C1", datetime.fromisoformat("2099-01-01"), 1))
    columns = ["order_id", "product_id", "customer_id", "ordered_at", "quantity"]
    frame = pl.DataFrame(rows, schema=columns, orient="row").sort("ordered_at")
    return frame.select(
        (pl.int_range(pl.len()) + 1).alias("order_line_id"),
        *columns,
        pl.lit("France").alias("country"),
        pl.lit("sale").alias("line_type"),
        (2.0 + pl.col("quantity")).cast(pl.Decimal(18, 4)).alias("unit_price"),
        pl.lit("orders.csv").alias("source_file"),
        (pl.int_range(pl.len()) + 2).alias("source_line"),
    )


def put(lake: Lake, lines: pl.DataFrame) -> None:
    lake.connection.register("given", lines.to_arrow())
    content = TableContent(("core", "fct_order_lines"), "select * from given")
    rebuild(lake.connection, lake.catalog, content)
    lake.connection.unregister("given")
    # The very first line was taken back at once; the others are demand.
    undone = "select 1::bigint as purchase_line_id, 'undone' as match_kind"
    content = TableContent(("intermediate", "int_cancellations_matched"), undone)
    rebuild(lake.connection, lake.catalog, content)
    put_days(lake, "true")


def put_days(lake: Lake, is_in_trading_period: str) -> None:
    days = (
        "select distinct cast(ordered_at as date) as date_day,"
        f" {is_in_trading_period} as is_in_trading_period from lake.core.fct_order_lines"
    )
    rebuild(lake.connection, lake.catalog, TableContent(("core", "dim_dates"), days))


def _empty_lake(folder: Path) -> Settings:
    settings = load_settings(folder=folder, environment={})
    open_catalog(settings).close()
    return settings


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return _empty_lake(tmp_path_factory.mktemp("a home's % place"))


@pytest.fixture(scope="module")
def lake(home: Settings) -> Iterator[Lake]:
    with open_lake(home) as opened:
        put(opened, orders())
        outcomes = execute_due(opened, clock())
        assert [o.error for o in outcomes] == [None] * len(TASKS)
        yield opened


def clock() -> Callable[[], datetime]:
    """A clock that moves on by a second each time it is read."""
    moments = iter(range(1_000_000))
    return lambda: NOW + timedelta(seconds=next(moments))


def table(lake: Lake, name: str) -> pl.DataFrame:
    return lake.query(f"select * from lake.ml.{name}")


def test_every_customer_has_ten_without_gaps_and_nothing_that_is_gone(lake: Lake) -> None:
    lists = table(lake, "recommendations")
    full = lists.filter(pl.col("kind").is_in(["for_you", "discover"]))
    ranks = full.group_by("customer_id", "kind").agg(pl.col("rank").sort())
    known = orders().filter(pl.col("ordered_at") < NOW)
    assert ranks.height == 2 * known["customer_id"].n_unique()
    assert all(found == list(range(1, 11)) for found in ranks["rank"].to_list())
    bought = known.select("customer_id", "product_id").unique()
    discovered = lists.filter(pl.col("kind") == "discover")
    assert discovered.join(bought, on=["customer_id", "product_id"]).is_empty()
    again = lists.filter(pl.col("kind") == "buy_again")
    assert again.join(bought, on=["customer_id", "product_id"], how="anti").is_empty()
    since = known["ordered_at"].max() - timedelta(days=60)
    alive = set(known.filter(pl.col("ordered_at") >= since)["product_id"])
    assert set(lists["product_id"]) <= alive


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Leave but these tasks in a build."""

    def leave(*names: str) -> None:
        kept = {name: TASKS[name] for name in names}
        monkeypatch.setattr("lakehouse.ml.tasks.execution.TASKS", kept)

    return leave


def test_the_taste_of_a_customer_is_found(lake: Lake) -> None:
    # Customers buy products of their own parity only.
    rows = table(lake, "recommendations").filter(pl.col("kind") == "for_you", pl.col("rank") <= 5)
    same = rows.filter(
        pl.col("customer_id").str.slice(1).cast(pl.Int32) % 2
        == pl.col("product_id").str.slice(1).cast(pl.Int32) % 2
    )
    assert same.height == rows.height


def test_no_table_holds_nan_and_every_row_names_its_run(lake: Lake) -> None:
    names = {run.run_id for run in store.runs(lake)}
    for _, name in lake.catalog.list_tables("ml"):
        frame = table(lake, name)
        floats = frame.select(pl.col(pl.Float64))
        assert not floats.fill_null(0).select(pl.any_horizontal(~pl.all().is_finite()).any()).item()
        if "run_id" in frame.columns:
            assert set(frame["run_id"]) <= names, name


def test_the_future_is_not_believed(lake: Lake) -> None:
    forecasts = table(lake, "forecasts")
    assert forecasts["period_start"].max() < datetime.fromisoformat("2025-01-01").date()


def test_intervals_are_ordered(lake: Lake) -> None:
    rows = table(lake, "forecasts").drop_nulls()
    assert rows.height > 100
    for narrow, wide in (("low_95", "low_80"), ("low_80", "value"), ("value", "high_80")):
        assert (rows[narrow] <= rows[wide] + 1e-6).all()
    assert (rows["high_80"] <= rows["high_95"]).all()


def test_metrics_stand_beside_their_baseline(lake: Lake) -> None:
    run = store.find(lake, "quantity")
    mae = {m.model: m for m in run.metrics if m.name == "mae"}
    assert mae["lightgbm"].value < mae["mean"].value
    assert mae["lightgbm"].baseline == "linear_regression"
    assert mae["lightgbm"].baseline_value == mae["linear_regression"].value
    ranked = store.ranked(lake, "quantity", "mae")
    assert ranked["value"].is_sorted()
    with pytest.raises(ModelError, match="has a metric"):
        store.ranked(lake, "quantity", "beauty")


def test_nothing_is_due_until_the_inputs_change(lake: Lake) -> None:
    assert [o.run for o in execute_due(lake, clock())] == [None] * len(TASKS)
    assert due(lake, "recommend", TASKS["recommend"].request(engine="sql"))


def test_lineage_goes_back_to_the_lines_of_the_log(lake: Lake) -> None:
    run = store.find(lake, "recommend")
    found = trace(lake, run, customer_id="C7", product_id="P3")
    snapshot = lake.snapshot_id("core.fct_order_lines")
    taken_back = "intermediate.int_cancellations_matched"
    assert [(s.table, s.snapshot_id) for s in found.sources] == [
        ("core.fct_order_lines", snapshot),
        (taken_back, lake.snapshot_id(taken_back)),
        ("core.dim_dates", lake.snapshot_id("core.dim_dates")),
    ]
    assert found.sources[0].rows == orders().height
    assert found.logs[0].name == "orders.csv"
    expected = orders().filter(pl.col("customer_id") == "C7", pl.col("product_id") == "P3")
    assert [line.source_line for line in found.lines] == expected["source_line"].to_list()
    assert len(found.lines) > 0


@pytest.mark.parametrize("task", ["recommend", "quantity", "moves"])
def test_a_run_repeated_from_its_record_gives_the_same_numbers(lake: Lake, task: str) -> None:
    run = store.find(lake, task)
    before = {name: lake.snapshot_id(name) for name in run.outputs}
    found = repeat(lake, run, clock())
    assert len(found.original.metrics) == len(found.again.metrics) > 0
    assert found.differing == ()
    assert {name: lake.snapshot_id(name) for name in run.outputs} == before


def test_promote_and_roll_back_move_tables_and_model(home: Settings, tmp_path: Path) -> None:
    settings = _empty_lake(tmp_path)
    now = clock()
    with open_lake(settings) as own:
        put(own, orders())
        ask = TASKS["quantity"].request
        first = execute(own, "quantity", ask(), now)
        second = execute(own, "quantity", ask({"learning_rate": 0.5}), now)
        assert [v.stage for v in registry.versions(own)] == ["retired", "production"]
        assert set(table(own, "quantity_predictions")["run_id"]) == {second.run_id}
        earlier = registry.previous(own, "quantity")
        assert earlier.run_id == first.run_id
        registry.promote(own, store.find(own, earlier.run_id), "rolled back", now)
        assert set(table(own, "quantity_predictions")["run_id"]) == {first.run_id}
        assert state.load_quantity(own).run.run_id == first.run_id
        with pytest.raises(ModelError, match="already"):
            registry.promote(own, first, "again", now)
        with pytest.raises(CatalogError, match="no snapshot"):
            own.restore("ml.quantity_predictions", 1)
        artifact = own.models / str(first.artifact)
        artifact.write_bytes(artifact.read_bytes() + b"\n")
        with pytest.raises(ModelError, match="not the recorded one"):
            state.load_quantity(own)


def test_new_lines_are_learned_by_the_recipe_in_production(
    tmp_path: Path, only: Callable[..., None]
) -> None:
    only("recommend", "quantity")
    settings = _empty_lake(tmp_path)
    now = clock()
    with open_lake(settings) as own:
        put(own, orders().head(-200))
        asked = TASKS["quantity"].request({"num_leaves": 7})
        tuned = execute(own, "quantity", asked, now)
        execute(own, "recommend", TASKS["recommend"].request(discover="popularity"), now)
        execute_due(own, now)
        assert registry.production(own, "quantity").run_id == tuned.run_id
        put(own, orders())
        execute_due(own, now)
        again = registry.named(own, "quantity")
        assert again.run_id != tuned.run_id
        assert again.asked == tuned.asked == {"overrides": {"num_leaves": 7}}
        shown = table(own, "recommendations").filter(pl.col("kind") == "discover")
        assert set(shown["model"]) == {"popularity"}
        # Rolled back, it stays so until there is something new to learn.
        registry.promote(own, tuned, "rolled back", now)
        assert [o.run for o in execute_due(own, now)] == [None, None]
        assert registry.production(own, "quantity").run_id == tuned.run_id
        put(own, orders().head(-100))
        execute_due(own, now)
        assert registry.production(own, "quantity").run_id not in {tuned.run_id, again.run_id}


def test_a_bug_in_one_task_is_told_after_the_others_had_their_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def buggy(*_: object) -> None:
        raise ZeroDivisionError("an oversight")

    broken = {"segments": Task(buggy, TASKS["segments"].request), "unusual": TASKS["unusual"]}
    monkeypatch.setattr("lakehouse.ml.tasks.execution.TASKS", broken)
    settings = _empty_lake(tmp_path)
    with open_lake(settings) as own:
        put(own, orders())
        outcomes = {o.task: o for o in execute_due(own, clock())}
    assert outcomes["unusual"].run
    assert outcomes["segments"].failed
    assert isinstance(outcomes["segments"].error, ZeroDivisionError)


def test_before_the_first_build_there_is_a_hint(tmp_path: Path) -> None:
    settings = _empty_lake(tmp_path)
    with open_lake(settings) as empty:
        with pytest.raises(ModelError, match="no order lines"):
            execute(empty, "recommend", TASKS["recommend"].request(), clock())
        with pytest.raises(ModelError, match="in production"):
            state.load_quantity(empty)
        assert asking.listing(empty, None, None) == []
        put(empty, orders().head(3))
        outcomes = {o.task: o for o in execute_due(empty, clock())}
        assert outcomes["recommend"].run is not None
        assert "too few" in str(outcomes["quantity"].error)
        failed = store.runs(empty, "quantity")
        assert [(run.status, run.error) for run in failed] == [
            ("failed", str(outcomes["quantity"].error))
        ]
        with pytest.raises(ModelError, match="quantity has no version in production") as told:
            registry.named(empty, "quantity")
        assert "too few" in told.value.hint
        recorded = len(store.runs(empty))
        again = {o.task: o for o in execute_due(empty, clock())}
        assert "too few" in str(again["quantity"].error)
        assert not any(o.run or o.failed for o in again.values())
        assert len(store.runs(empty)) == recorded, "what was refused today is not tried again"


class Dying(Lake):
    """A lake whose process is killed before a table is brought back."""

    def restore(self, name: str, snapshot_id: int) -> None:
        raise KeyboardInterrupt


class Contested(Lake):
    """A lake in which somebody else always changes one table first."""

    def replace(self, name: str, frame: pl.DataFrame, **given: object) -> int:
        if name == "return_thresholds":
            raise CatalogError(f"{name} was changed by somebody else")
        return super().replace(name, frame, **given)  # type: ignore[arg-type]


def test_a_promotion_that_is_killed_is_finished_by_the_next_run(
    tmp_path: Path, only: Callable[..., None]
) -> None:
    only("segments")
    settings = _empty_lake(tmp_path)
    now = clock()
    with open_lake(settings) as own:
        put(own, orders())
        ask = TASKS["segments"].request
        first, second = (execute(own, "segments", ask(), now) for _ in range(2))
        dying = Dying(own.catalog, own.connection, own.models)
        with pytest.raises(KeyboardInterrupt):
            registry.promote(dying, first, "by hand", now)
        assert set(table(own, "segment_outcomes")["run_id"]) == {second.run_id}
        registry.settle(own)
        for name in first.outputs:
            assert set(table(own, name.removeprefix("ml."))["run_id"]) == {first.run_id}
        assert not due(own, "segments", ask())
        # A run that was killed between two of its tables.
        stray = table(own, "segment_outcomes").with_columns(pl.lit("killed").alias("run_id"))
        own.replace("segment_outcomes", stray, doc="", notes={"ml.run-id": "killed"})
        execute_due(own, now)
        assert set(table(own, "segment_outcomes")["run_id"]) == {first.run_id}


def test_what_the_catalog_refuses_is_told_and_tried_again(
    tmp_path: Path, only: Callable[..., None]
) -> None:
    only("returns", "segments", "unusual")
    settings = _empty_lake(tmp_path)
    with open_lake(settings) as own:
        put(own, orders())
        contested = Contested(own.catalog, own.connection, own.models)
        outcomes = execute_due(contested, clock())
        assert [o.task for o in outcomes if o.failed] == ["returns"]
        assert {o.task for o in outcomes if o.run} == {"segments", "unusual"}
        assert not store.runs(own, "returns")
        with alone(own), pytest.raises(LockedError, match="changing the models"):
            execute_due(own, clock())
        again = execute_due(own, clock())
        assert [o.task for o in again if o.run] == ["returns"]


class Client(requests.Session):
    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address

    def request(self, method: str, url: str, **given: object) -> requests.Response:  # type: ignore[override]
        return super().request(method, self._address + url, timeout=30, **given)


@pytest.fixture(scope="module")
def client(lake: Lake) -> Iterator[Client]:
    app = make_app(lake, state.load_quantity(lake), lambda: NOW)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    with Client(f"http://127.0.0.1:{port}") as opened:
        yield opened
    server.should_exit = True
    thread.join()


def test_a_quantity_over_http_is_the_one_of_the_command_line(lake: Lake, client: Client) -> None:
    line = {"customer_id": "C7", "product_id": "p3", "unit_price": 6.0, "country": "France"}
    answered = client.post("/v1/quantity", json={"lines": [line, {**line, "customer_id": "X"}]})
    assert answered.status_code == 200
    known, stranger = answered.json()["predictions"]
    assert known["known_customer"]
    assert known["known_product"]
    assert not stranger["known_customer"]
    asked = asking.predict_line(lake, line, NOW)
    assert asked["predicted_quantity"] == known["predicted_quantity"]
    # P3 is always bought in fours.
    assert known["predicted_quantity"] == pytest.approx(4, abs=0.5)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("{", ""),
        ('{"lines": []}', "lines"),
        ('{"lines": [{"customer_id": "C1", "product_id": "P1"}]}', "lines.0.unit_price"),
        (
            '{"lines": [{"customer_id": "C1", "product_id": "P1", "unit_price": -1}]}',
            "lines.0.unit_price",
        ),
        (
            '{"lines": [{"customer_id": "C1", "product_id": "P1", "unit_price": 1, "x": 1}]}',
            "lines.0.x",
        ),
        (
            '{"lines": [{"customer_id": "C1", "product_id": "P1", "unit_price": 1e999}]}',
            "lines.0.unit_price",
        ),
        (
            '{"lines": [{"customer_id": "C1", "product_id": "P1", "unit_price": "2.5"}]}',
            "lines.0.unit_price",
        ),
        (
            '{"lines": [{"customer_id": "C1", "product_id": "P1", "unit_price": true}]}',
            "lines.0.unit_price",
        ),
        (
            '{"lines": [{"customer_id": "C1", "product_id": "P1", "unit_price": NaN}]}',
            "lines.0.unit_price",
        ),
        (
            '{"lines": [{"customer_id": "C1", "product_id": "P1", "unit_price": 1,'
            ' "ordered_at": "soon"}]}',
            "lines.0.ordered_at",
        ),
        (
            '{"lines": [{"customer_id": "C1", "product_id": "P1", "unit_price": 1,'
            ' "ordered_at": 1700000000}]}',
            "lines.0.ordered_at",
        ),
        (
            '{"lines": [{"customer_id": "C1", "product_id": "P1", "unit_price": 1,'
            ' "ordered_at": "0001-01-01T00:00:00+14:00"}]}',
            "lines.0.ordered_at",
        ),
    ],
)
def test_a_malformed_request_names_the_field(client: Client, body: str, field: str) -> None:
    answered = client.post("/v1/quantity", data=body)
    assert answered.status_code == 422
    assert [f["field"] for f in answered.json()["fields"]] == [field]


def test_customers_over_http(client: Client) -> None:
    known = client.get("/v1/customers/C7/recommendations").json()
    assert known["known_customer"]
    assert {r["kind"] for r in known["recommendations"]} == {"for_you", "buy_again", "discover"}
    stranger = client.get("/v1/customers/nobody/recommendations").json()
    assert not stranger["known_customer"]
    assert [r["kind"] for r in stranger["recommendations"]] == ["popular"] * 10
    outlook = client.get("/v1/customers/C7").json()
    assert 0 <= outlook["return_probability"] <= 1
    missing = client.get("/v1/customers/nobody")
    assert (missing.status_code, missing.json()["error"]) == (404, "no customer 'nobody'")
    assert client.get("/elsewhere").status_code == 404
    assert client.post("/v1/quantity", data=b"x" * 1_000_001).status_code == 413


def test_who_hangs_up_within_a_request_is_no_bug(lake: Lake) -> None:
    app = make_app(lake, state.load_quantity(lake), lambda: NOW)
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/quantity", "headers": []}
    asyncio.run(app(scope | {"query_string": b""}, receive, send))
    assert sent[0]["status"] == 400


def test_the_service_describes_itself(client: Client) -> None:
    document = client.get("/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    references = json.dumps(document).split('"#/components/schemas/')[1:]
    named = {part.split('"')[0] for part in references}
    assert named <= set(document["components"]["schemas"])
    assert "LineAsked" in named
    assert "unit_price" in client.get("/docs").text


def run(home: Settings, *arguments: str) -> str:
    result = CliRunner().invoke(
        lakehouse, ["--home", str(home.home), "ml", *arguments], standalone_mode=False
    )
    if result.exception:
        raise result.exception
    return result.stdout


def test_the_command_line_answers_in_json(lake: Lake, home: Settings, tmp_path: Path) -> None:
    runs = json.loads(run(home, "runs", "--task", "quantity", "--json"))
    assert [r["stage"] for r in runs] == ["production"]
    lineage = json.loads(run(home, "lineage", "forecast", "--json"))[0]
    assert lineage["sources"][0]["table"] == "core.fct_order_lines"
    assert str(lineage["sources"][0]["snapshot_id"]) in run(home, "lineage", "forecast")
    batch = tmp_path / "lines.csv"
    batch.write_text("customer_id,product_id,unit_price\nC7,P3,6.0\nC8,P4,7\n")
    said = pl.read_csv(run(home, "predict", "--batch", str(batch)).encode())
    assert said.columns == ["customer_id", "product_id", "unit_price", "predicted_quantity"]
    assert said["predicted_quantity"].is_between(1, 10).all()
    assert "RUN" not in run(home, "versions")
    batch.write_text("customer_id,product_id,unit_price\nC7,P3,cheap\n")
    with pytest.raises(ModelError, match=r"line 1: unit_price"):
        run(home, "predict", "--batch", str(batch))
    with pytest.raises(ModelError, match=r"customer_id.*product_id.*unit_price"):
        asking.predict_line(lake, {"customer_id": None}, NOW)
    with pytest.raises(ModelError, match="no run 'nope'"):
        run(home, "runs", "nope")
    with pytest.raises(ModelError, match="no recommender 'magic'"):
        run(home, "recommend", "--discover", "magic")


def test_lists_by_subset(lake: Lake) -> None:
    rows = asking.lists_of(lake, ["C1", "stranger"], "discover")
    assert {(r["customer_id"], r["kind"]) for r in rows} == {
        ("C1", "discover"),
        ("stranger", "popular"),
    }
    kinds = {r["kind"] for r in asking.items_of(lake, ["p3"])}
    assert {"neighbour", "audience"} <= kinds
    with pytest.raises(ModelError, match="no product 'Q'"):
        asking.items_of(lake, ["Q"])
    with pytest.raises(ModelError, match="no forecast of total_daily profit"):
        asking.forecasts_of(lake, "total_daily", "profit", None)
    with pytest.raises(ModelError, match="no series 'Mars'"):
        asking.forecasts_of(lake, "country_daily", "units", "Mars")


def test_a_product_that_everybody_buys_is_known_all_the_same(tmp_path: Path) -> None:
    with open_lake(_empty_lake(tmp_path)) as own:
        put(own, orders().filter(pl.col("product_id") == "P1"))
        execute(own, "recommend", TASKS["recommend"].request(), clock())
        named = "select 'P1' as product_id, 'A cup' as description"
        content = TableContent(("core", "dim_products"), named)
        rebuild(own.connection, own.catalog, content)
        with pytest.raises(ModelError, match="nothing is known to go with 'P1'"):
            asking.items_of(own, ["p1"])
        with pytest.raises(ModelError, match="no product 'P2'"):
            asking.items_of(own, ["p2"])


def test_every_trial_of_the_tuning_is_a_run(lake: Lake) -> None:
    pytest.importorskip("optuna", reason="an optional extra")
    from lakehouse.ml.tasks.tuning import TASK, tune

    rows = tune(lake, 2, clock())
    assert rows[0]["mae"] <= rows[1]["mae"]
    assert {run.run_id for run in store.runs(lake, TASK)} == {row["run_id"] for row in rows}


@pytest.mark.parametrize("text", ["{", "[1]", '{"objective": 1}', '{"num_leaves": "many"}'])
def test_parameters_that_are_none_are_told(text: str) -> None:
    from lakehouse.ml.tasks.quantity import parse_overrides

    with pytest.raises(ModelError):
        parse_overrides(text)
    assert parse_overrides('{"num_leaves": 31}') == {"num_leaves": 31}


@pytest.mark.parametrize("wrong", [{"num_leaves": -5}, {"rounds": 0}, {"alpha": 7.0}])
def test_parameters_that_lightgbm_refuses_are_told(wrong: dict[str, float]) -> None:
    from lakehouse.ml.quantity.features import FEATURES
    from lakehouse.ml.quantity.model import PARAMETERS, fit_quantity

    rows = np.random.default_rng(1).normal(size=(200, len(FEATURES)))
    with pytest.raises(ModelError, match="refuses"):
        fit_quantity(rows, np.abs(rows[:, 0]), 1, {**PARAMETERS, **wrong})
