"""What dbt users are used to typing, on our target: state, defer, selectors, vars, threads."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pyiceberg.catalog import Catalog

from dbt_project.plugin.invocation import invoke
from lakehouse.catalog import open_catalog
from lakehouse.config import Settings
from tests.integration.test_dbt_publishing import Shop, version, versions


@pytest.fixture
def shop(tmp_path: Path, settings: Settings) -> Shop:
    return Shop(tmp_path / "a shop", settings)


@pytest.fixture
def lake(settings: Settings) -> Iterator[Catalog]:
    with open_catalog(settings) as catalog:
        yield catalog


def built(shop: Shop, *arguments: str) -> list[str]:
    """The models that a run built, by name; it must succeed."""
    result = shop.dbt(*arguments)
    assert result.success, result.exception or result.result
    runs = result.result.results
    return sorted(run.node.name for run in runs if run.node.resource_type == "model")


def test_what_changed_is_built_and_the_rest_is_deferred_to(shop: Shop, lake: Catalog) -> None:
    assert shop.build(1, "--threads", "4")
    state = shop.folder / "state"
    shutil.copytree(shop.folder / "target", state)
    (shop.folder / "models" / "second.sql").write_text(
        "{{ config(materialized='incremental', unique_key='k') }} select 1 as k, 5 as version"
    )
    changed = ["--select", "state:modified+", "--state", str(state)]
    assert built(shop, "build", *changed) == ["second", "third"]
    assert versions(lake) == [1, 5, 5]
    assert built(shop, "build", "--select", "third", "--defer", "--state", str(state)) == ["third"]


def test_tags_vars_and_exclusions(shop: Shop, lake: Catalog) -> None:
    shop.write(1)
    (shop.folder / "models" / "first.sql").write_text(
        "{{ config(tags=['early']) }} select {{ var('version', 1) }} as version"
    )
    assert built(shop, "run", "--select", "tag:early", "--vars", "{version: 7}") == ["first"]
    assert version(lake, "first") == 7
    assert built(shop, "build", "--exclude", "third") == ["first", "second"]
    assert versions(lake) == [1, 1, None]


def test_clone_is_refused(shop: Shop, lake: Catalog) -> None:
    assert shop.build(1)
    state = shop.folder / "state"
    shutil.copytree(shop.folder / "target", state)
    result = shop.dbt("clone", "--state", str(state))
    assert not result.success
    assert all("can't be cloned" in run.message for run in result.result.results)
    assert versions(lake) == [1, 1, 1]


def listed(settings: Settings, selector: str) -> set[str]:
    """The ids of what a selector of the project selects."""
    form = ["--output", "json", "--output-keys", "unique_id"]
    result = invoke(settings, ["ls", "--selector", selector, *form])
    assert result.success, result.exception
    return {json.loads(line)["unique_id"] for line in result.result}


def test_selectors(settings: Settings, parsed_in: Callable[[Path], None]) -> None:
    parsed_in(settings.home)
    scheduled, dashboards = listed(settings, "scheduled"), listed(settings, "dashboards")
    assert {"model.cadabra.fct_orders", "seed.cadabra.countries"} <= scheduled
    assert not [each for each in scheduled if each.startswith("unit_test.")]
    assert {"model.cadabra.rpt_daily_sales", "model.cadabra.fct_order_lines"} <= dashboards
    assert "model.cadabra.fct_baskets" not in dashboards
    kinds = {each.partition(".")[0] for each in listed(settings, "checks")}
    assert kinds <= {"test", "source"}
