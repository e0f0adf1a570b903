"""What `lakehouse scale-out` says of two catalogs; Sail itself runs in `make scale-out`."""

from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from lakehouse.catalog import catalog_endpoint, open_catalog
from lakehouse.cli.root import lakehouse
from lakehouse.config import Settings
from lakehouse.errors import BuildError, CatalogError, ConfigError
from lakehouse.pipeline.comparing import Comparison, compare
from lakehouse.pipeline.scale_out import statuses
from lakehouse.query.publications import Published, State
from lakehouse.tables.rebuild import TableContent, rebuild

HERE = {
    "same": "from (values (1, 0.1::double + 0.2), (1, 0.1::double + 0.2)) r(id, share)",
    "rows": "from (values (1, 'a'), (2, 'b')) r(id, name)",
    "types": "select 1::bigint as id, 'x' as name",
    "missing": "select 1 as id",
}
THERE = {
    "same": "from (values (1, 0.3::double), (1, 0.3::double)) r(id, share)",
    "rows": "from (values (1, 'a'), (2, 'c'), (2, 'c')) r(id, name)",
    "types": "select 1::int as id, 'x' as name",
}


def filled(settings: Settings, tables: dict[str, str]) -> State:
    with open_catalog(settings) as catalog, duckdb.connect() as duck:
        marts = {}
        for name, query in tables.items():
            made = rebuild(duck, catalog, TableContent(("core", name), query))
            marts[f"core.{name}"] = Published(made.snapshot_id, made.rows)
    return State(1, None, marts)


def test_marts_are_compared_row_for_row(settings: Settings, tmp_path: Path) -> None:
    other = settings.model_copy(update={"home": tmp_path / "other"})
    state = filled(settings, HERE)
    filled(other, THERE)
    with catalog_endpoint(settings) as here, catalog_endpoint(other) as there:
        found = compare(settings, here, there, state)
    assert found == [
        Comparison("core.missing", 1, 1, 0, "not there"),
        Comparison("core.rows", 2, 1, 2),
        Comparison("core.same", 2, 0, 0),
        Comparison("core.types", 1, 0, 0, "id BIGINT, id INTEGER"),
    ]
    assert [each.same for each in found] == [False, False, True, False]


def test_exposures_are_neither_built_nor_failed() -> None:
    results = [
        {"unique_id": "model.cadabra.fct_orders", "status": "success", "message": "OK"},
        {"unique_id": "test.cadabra.is_key.0", "status": "pass", "message": None},
        {"unique_id": "exposure.cadabra.dashboard", "status": "no-op", "message": "NO-OP"},
    ]
    assert statuses(results) == {"pass": 1, "success": 1}
    failed = {"unique_id": "model.cadabra.dim_dates", "status": "error", "message": "a\n  why"}
    with pytest.raises(BuildError, match="1 failed on Sail: dim_dates") as refused:
        statuses([*results, failed])
    assert refused.value.hint == "why"


def test_what_it_needs_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ["--home", str(settings.home), "scale-out"]
    monkeypatch.setattr("sys.executable", str(settings.home / "bin" / "python"))
    error = CliRunner().invoke(lakehouse, arguments).exception
    assert isinstance(error, ConfigError)
    assert "requirements/scale-out.txt" in error.hint
    for name in ("sail", "dbt"):
        program = settings.home / "bin" / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.touch()
    open_catalog(settings).close()
    error = CliRunner().invoke(lakehouse, arguments).exception
    assert isinstance(error, CatalogError)
    assert "no published marts" in error.message
