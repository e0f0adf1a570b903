"""The models as a step of the build: their tables are tested, and the last good ones stay."""

import datetime as dt
from collections.abc import Callable, Iterable
from itertools import count
from pathlib import Path

import polars as pl
import pytest
from pyiceberg.catalog import Catalog

from dbt_project.plugin.invocation import invoke
from lakehouse.catalog import open_catalog
from lakehouse.config import Settings, load_settings
from lakehouse.errors import BuildError
from lakehouse.ml.lake import open_lake
from lakehouse.ml.tasks import recommend
from lakehouse.ml.tasks.execution import TASKS
from lakehouse.pipeline import warehouse
from lakehouse.pipeline.landing import land as pipeline_land
from lakehouse.pipeline.models import ModelsReport, compute_models
from lakehouse.progress import SILENT
from tests.integration.test_dbt_project import UNTESTED, succeed

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
NOW = dt.datetime.fromisoformat("2024-12-31T12:00")
MOMENTS = (NOW + dt.timedelta(seconds=n) for n in count())


def log(folder: Path, name: str, days: range) -> Path:
    """Each day one of seven customers orders five of eighteen products."""
    file = folder / name
    rows = []
    for day in days:
        when = dt.date.fromisoformat("2024-10-01") + dt.timedelta(days=day)
        for n in range(5):
            product = f"2{(day * 7 + n * 3) % 18:04}"
            rows.append(
                f"{6000 + day},{product},CUP,{n + 1},{when} 10:00:00,2.5,{100 + day % 7},UK"
            )
    file.write_text(HEADER + "\n".join(rows) + "\n")
    return file


def land(settings: Settings, source: Path) -> None:
    with open_catalog(settings) as catalog:
        pipeline_land(source, catalog, settings, SILENT)
    succeed(invoke(settings, UNTESTED))


def lists(settings: Settings) -> pl.DataFrame:
    with open_catalog(settings) as catalog:
        arrow = catalog.load_table("ml.recommendations").scan().to_arrow()
    return pl.DataFrame(arrow).sort("kind", "customer_id", "rank")


@pytest.fixture
def home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parsed_in: Callable[[Path], None]
) -> Settings:
    """A home with marts of two months; a build of the models has but the recommendations."""
    only = {name: TASKS[name] for name in ("recommend", "segments")}
    monkeypatch.setattr("lakehouse.ml.tasks.execution.TASKS", only)
    settings = load_settings(folder=tmp_path / "it's a hö me #%", environment={})
    parsed_in(settings.home)
    land(settings, log(tmp_path, "one.csv", range(60)))
    return settings


def compute(settings: Settings) -> ModelsReport:
    return compute_models(settings, lambda: next(MOMENTS), SILENT)


def test_plain_dbt_needs_no_models_and_tests_them_once_they_are_there(home: Settings) -> None:
    def tested() -> dict[str, str]:
        result = invoke(home, ["build", "--select", "tag:ml"])
        assert result.success, result.exception
        return {
            run.node.name: run.status
            for run in result.result  # type: ignore[union-attr]
            if run.node.resource_type == "test"
        }

    before = tested()
    assert {"every_customer_has_ten", "nothing_that_is_gone_is_recommended"} <= before.keys()
    report = compute(home)
    assert not report.failures
    assert {test.name for test in report.tests} == before.keys()
    assert tested() == before
    shown = lists(home).filter(pl.col("kind") == "for_you")
    assert shown.group_by("customer_id").len()["len"].to_list() == [10] * 7
    every_column_is_declared(home)


def every_column_is_declared(home: Settings) -> None:
    result = invoke(home, ["parse"])
    declared = {
        source.name: list(source.columns)
        for source in result.result.sources.values()  # type: ignore[union-attr]
        if source.source_name == "ml"
    }
    with open_catalog(home) as catalog:
        for name, columns in tables(catalog).items():
            assert declared[name] == columns


def shorter(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter((pl.col("customer_id") != "103") | (pl.col("rank") < 10))


def with_a_gap(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col("rank") + (pl.col("rank") > 3))


def gone(frame: pl.DataFrame) -> pl.DataFrame:
    first = (pl.col("rank") == 1) & (pl.col("kind") == "popular")
    product = pl.when(first).then(pl.lit("99999")).otherwise(pl.col("product_id"))
    return frame.with_columns(product.alias("product_id"))


def nan(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.lit(float("nan")).alias("score"))


FAULTS = (
    {"source_ranks_without_gaps_ml_recommendations_customer_id__kind__product_id": with_a_gap},
    {
        "every_customer_has_ten": shorter,
        "nothing_that_is_gone_is_recommended": gone,
        "source_is_finite_ml_recommendations_score": nan,
    },
)


def spoiled(
    frame: pl.DataFrame, faults: Iterable[Callable[[pl.DataFrame], pl.DataFrame]]
) -> pl.DataFrame:
    for fault in faults:
        frame = fault(frame)
    return frame


def read_meanwhile(patch: pytest.MonkeyPatch, home: Settings) -> list[pl.DataFrame]:
    """What a reader finds when the models are computed and not tested."""
    seen: list[pl.DataFrame] = []

    def tested(*given: object) -> object:
        seen.append(lists(home))
        return warehouse.test_models(*given)

    patch.setattr("lakehouse.pipeline.models.test_models", tested)
    return seen


def test_plain_dbt_publishes_marts_beside_models_with_a_fault(
    home: Settings, tmp_path: Path
) -> None:
    assert not compute(home).failures
    with open_lake(home) as lake:
        lake.replace("recommendations", with_a_gap(lists(home)), doc="", notes={})
    with open_catalog(home) as catalog:
        pipeline_land(log(tmp_path, "two.csv", range(60, 64)), catalog, home, SILENT)
    assert not invoke(home, ["build", "--exclude", "resource_type:unit_test"]).success
    with open_catalog(home) as catalog:
        assert catalog.load_table("core.fct_order_lines").scan().count() == 64 * 5


def test_what_a_test_finds_fault_with_gives_way_to_the_last_good_lists(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not compute(home).failures
    good, whole = lists(home), recommend.make_lists
    for number, faults in enumerate(FAULTS):
        with monkeypatch.context() as patch:
            code = f"code {number}"
            patch.setattr("lakehouse.ml.tasks.execution.code_version", lambda code=code: code)
            patch.setattr("lakehouse.ml.runs.recording.code_version", lambda code=code: code)
            patch.setattr(
                recommend, "make_lists", lambda *g, f=faults: spoiled(whole(*g), f.values())
            )
            seen = read_meanwhile(patch, home)
            report = compute(home)
            assert len(seen) == 1
            assert seen[0].equals(good), "readers met what was not tested yet"
            assert {failed.name for failed in report.failed_tests} == faults.keys()
            assert [v.task for v in report.restored] == ["recommend"]
            assert isinstance(report.failures[-1], BuildError)
            assert lists(home).equals(good)
    # New lines are learned; what stood until then was tested as of its own run.
    land(home, log(tmp_path, "two.csv", range(60, 64)))
    assert not compute(home).failures
    assert not lists(home).equals(good)
    # The same lines are not learned again, even after a return to the lists of before.
    assert not any(outcome.run for outcome in compute(home).outcomes)


def tables(catalog: Catalog) -> dict[str, list[str]]:
    found = [table for table in catalog.list_tables("ml") if not table[1].startswith("fct_")]
    return {name: list(catalog.load_table(("ml", name)).schema().column_names) for _, name in found}
