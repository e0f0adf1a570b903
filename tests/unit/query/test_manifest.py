"""Which tests of a dbt project are asked in the same words whenever it is the same project."""

import json
from pathlib import Path
from typing import Any

import pytest

from lakehouse.query.manifest import nodes_of

USUAL = {"severity": "ERROR", "warn_if": "!= 0", "error_if": "!= 0", "fail_calc": "count(*)"}
MACROS = {
    "test_key": ("select 1", ["where"]),
    "where": ("{{ adapter.dispatch('where')() }}", []),
    "test_columns": ("{% set found = columns_of(model) %}", ["columns_of"]),
    "columns_of": ("{{ adapter.get_columns_in_relation(model) }}", []),
    "test_today": ("{{ run_started_at }}", []),
    "dbt.materialization_test_default": ("{{ run() }}", ["store"]),
    "store": ("{{ flags.STORE_FAILURES }}", []),
    "dbt.should_store_failures": ("{{ flags.STORE_FAILURES }}", []),
    "test_not_null": ("select {% if should() %}*{% endif %}", ["dbt.should_store_failures"]),
    "cadabra.source": ("{% if execute %}{{ require_landed() }}{% endif %}", []),
}


def is_fixed(
    tmp_path: Path,
    *,
    macro: str = "test_key",
    raw: str = "select 1",
    reads: str = "model.cadabra.sales",
    **config: Any,
) -> bool:
    """Of a test that uses `macro`, after dbt ran it and added what running it took."""
    used = [f"macro.{name}" for name in (macro, "dbt.materialization_test_default", "store")]
    node = {
        "unique_id": "test.a",
        "name": "a",
        "resource_type": "test",
        "config": {**USUAL, "limit": None, "enabled": True, **config},
        "raw_code": raw,
        "depends_on": {"macros": used, "nodes": [reads]},
        "schema": "dbt_test__audit",
        "alias": "a",
    }
    macros = {
        f"macro.{name}": {
            "macro_sql": sql,
            "depends_on": {"macros": [f"macro.{each}" for each in calls]},
        }
        for name, (sql, calls) in MACROS.items()
    }
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"sources": {}, "nodes": {"test.a": node}, "macros": macros}))
    [found] = nodes_of(manifest, without="ml")
    assert found.failures == "dbt_test__audit.a"
    return found.fixed


def test_a_test_of_its_arguments_alone(tmp_path: Path) -> None:
    assert is_fixed(tmp_path)
    assert is_fixed(tmp_path, where="quantity > 0")
    assert is_fixed(tmp_path, severity="warn")  # it says the same as long as it finds nothing
    assert is_fixed(tmp_path, macro="test_not_null")  # the flag chooses columns, not rows


def test_a_table_of_the_models_may_not_be_there_yet(tmp_path: Path) -> None:
    assert is_fixed(tmp_path, macro="cadabra.source", reads="source.cadabra.landing.order_lines")
    assert not is_fixed(tmp_path, macro="cadabra.source", reads="source.cadabra.ml.forecasts")


@pytest.mark.parametrize("macro", ["test_columns", "test_today"])
def test_what_asks_the_database_or_the_run(tmp_path: Path, macro: str) -> None:
    assert not is_fixed(tmp_path, macro=macro)


@pytest.mark.parametrize("raw", ["{% if execute %}1{% endif %}", "{{ run_query('a') }}"])
def test_what_asks_in_its_own_words(tmp_path: Path, raw: str) -> None:
    assert not is_fixed(tmp_path, raw=raw)


@pytest.mark.parametrize(
    "config",
    [
        {"error_if": "> 10"},
        {"fail_calc": "max(n)"},
        {"limit": 5},
        {"where": "day = '{{ run_started_at }}'"},
    ],
)
def test_what_does_not_pass_by_finding_nothing(tmp_path: Path, config: dict[str, Any]) -> None:
    assert not is_fixed(tmp_path, **config)
