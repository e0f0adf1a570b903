"""The dbt project as people and the pipeline use it, on a few lines of an order log."""

import datetime as dt
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from dbt.cli.main import dbtRunnerResult
from pyiceberg.catalog import Catalog
from pyiceberg.expressions import EqualTo
from pyiceberg.io.pyarrow import schema_to_pyarrow

from apps.bi.pages import PAGES
from dbt_project.plugin.invocation import PROJECT, invoke
from lakehouse.catalog import open_catalog
from lakehouse.config import Settings, load_settings
from lakehouse.ml.tasks.execution import TASKS
from lakehouse.tables.creation import ensure_table
from lakehouse.tables.landing import (
    ACCESS_LOGS_TABLE,
    ORDER_LINES,
    ORDER_LINES_SCHEMA,
    ORDER_LINES_TABLE,
)

built_once = pytest.mark.xdist_group("dbt_project")

MARTS = {
    "core": {
        *("fct_order_lines", "fct_orders"),
        *("dim_products", "dim_customers", "dim_dates", "dim_countries"),
    },
    "intermediate": {"int_cancellations_matched"},
    "marketing": {
        *("dim_customer_segments", "dim_customer_lifetime"),
        *("fct_cohort_retention", "fct_baskets"),
    },
    "ml": {"fct_interactions", "fct_daily_demand", "fct_order_quantity_features"},
    "web": {"fct_sessions", "fct_daily_funnel", "fct_daily_errors"},
    "reports": {
        *("rpt_daily_sales", "rpt_daily_product_sales", "rpt_weekly_sales"),
        *("rpt_daily_segment_sales", "rpt_daily_segment_product_sales"),
        *("rpt_country_sales", "rpt_product_sales", "rpt_daily_web"),
    },
    "history": {"product_prices", "customer_countries"},
    "reference": {"service_codes", "closed_days", "countries"},
}
# Without the unit tests, which are about the project: plain dbt runs them once.
BUILD = ["build", "--exclude", "resource_type:unit_test"]
UNTESTED = [*BUILD, "--exclude-resource-type", "test"]
Line = tuple[str, str, str | None, int, str, str, str | None, str | None]
FIRST: list[Line] = [
    ("536365", "85123A", "HEART HOLDER", 6, "2010-12-01 08:26:00", "2.55", "17850", "France"),
    ("536365", "post", "POSTAGE", 1, "2010-12-01 08:26:00", "18.00", "17850", "France"),
    ("536366", "85123a", "HEART HOLDER", 2, "2010-12-03 09:00:00", "2.55", None, None),
]
SECOND: list[Line] = [
    ("C536379", "85123A", "HEART HOLDER", -6, "2010-12-06 10:00:00", "2.55", "17850", "Spain"),
    ("536380", "85123A", "damaged?", -3, "2010-12-06 10:01:00", "0.00", None, "France"),
]
LATE: list[Line] = [
    ("536364", "22086", "PAPER CHAIN", 4, "2010-11-30 17:00:00", "2.95", "13047", "Norway"),
]


def deliver(catalog: Catalog, lines: Sequence[Line], delivery: int) -> None:
    """Append lines to the landing table, as the delivery of that number; no access logs."""
    for landed_to in (ORDER_LINES_TABLE, ACCESS_LOGS_TABLE):
        ensure_table(catalog, landed_to.identifier, landed_to.schema, landed_to.spec)
    table = catalog.load_table(ORDER_LINES)
    landed = len(table.scan(selected_fields=("record_id",)).to_arrow())
    names = [field.name for field in ORDER_LINES_SCHEMA.fields]
    values = [
        [
            *line[:4],
            *(dt.datetime.fromisoformat(line[4]), Decimal(line[5])),
            *line[6:],
            *(number, "orders.csv", number + 1, delivery),
        ]
        for number, line in enumerate(lines, start=landed + 1)
    ]
    schema = schema_to_pyarrow(table.schema(), include_field_ids=False)
    table.append(
        pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in values], schema)
    )


def rows(catalog: Catalog, name: str, *columns: str) -> list[tuple[Any, ...]]:
    found = catalog.load_table(name).scan(selected_fields=columns or ("*",)).to_arrow()
    return sorted(zip(*found.to_pydict().values(), strict=True), key=str)


def succeed(result: dbtRunnerResult) -> None:
    runs = getattr(result.result, "results", [])
    assert result.success, [str(result.exception), *(str(run.message) for run in runs)]


@pytest.fixture
def settings(settings: Settings, parsed_in: Callable[[Path], None]) -> Settings:
    parsed_in(settings.home)
    return settings


@pytest.fixture
def catalog(settings: Settings) -> Iterator[Catalog]:
    with open_catalog(settings) as catalog:
        yield catalog


def test_an_empty_landing_table_makes_empty_marts(settings: Settings, catalog: Catalog) -> None:
    deliver(catalog, [], 1)
    for command in (UNTESTED, BUILD):
        succeed(invoke(settings, command))
    for namespace in MARTS.keys() - {"reference"}:
        tables = catalog.list_tables(namespace)
        assert {name for _, name in tables} == MARTS[namespace]
        assert all(not rows(catalog, ".".join(table)) for table in tables)


def test_deliveries_are_merged(tmp_path: Path, parsed_in: Callable[[Path], None]) -> None:
    settings = load_settings(folder=tmp_path / "it's a hö me #%", environment={})
    parsed_in(settings.home)
    catalog = open_catalog(settings)
    deliveries = ((FIRST, UNTESTED), (SECOND, UNTESTED), (LATE, UNTESTED))
    for number, (lines, command) in enumerate(deliveries, start=1):
        deliver(catalog, lines, number)
        succeed(invoke(settings, command))
    snapshot = catalog.load_table("core.fct_order_lines").current_snapshot()
    succeed(invoke(settings, UNTESTED))
    assert catalog.load_table("core.fct_order_lines").current_snapshot() == snapshot
    assert rows(catalog, "core.fct_order_lines", "order_line_id", "product_id", "line_type") == [
        (1, "85123A", "sale"),
        (2, "POST", "service"),
        (3, "85123A", "sale"),
        (4, "85123A", "cancellation"),
        (5, "85123A", "adjustment"),
        (6, "22086", "sale"),
    ]
    assert rows(catalog, "core.dim_customers", "customer_id", "country", "order_count") == [
        ("13047", "Norway", 1),
        ("17850", "Spain", 1),
    ]
    assert rows(catalog, "core.fct_orders", "order_id", "is_order") == [
        ("536364", True),
        ("536365", True),
        ("536366", True),
        ("536380", False),  # written off
        ("C536379", False),
    ]
    assert len(rows(catalog, "core.dim_dates")) == 7, "30 November to 6 December, without a gap"


@dataclass(frozen=True)
class Built:
    """A home that was built once, and what was noticed meanwhile."""

    settings: Settings
    folder: Path  # the current folder during the build
    events: list[str]
    new_in_project: set[Path]


def project_files() -> set[Path]:
    return {file for file in PROJECT.rglob("*") if "__pycache__" not in file.parts}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    settings = load_settings(folder=tmp_path_factory.mktemp("hö me #%"), environment={})
    with open_catalog(settings) as catalog:
        deliver(catalog, FIRST, 1)
    folder = tmp_path_factory.mktemp("elsewhere")
    events: list[str] = []
    before = project_files()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        succeed(invoke(settings, BUILD, on_event=lambda event: events.append(event.info.name)))
        assert Path.cwd() == folder
    return Built(settings, folder, events, project_files() - before)


@built_once
def test_nothing_is_written_outside_the_home(built: Built) -> None:
    assert not built.new_in_project
    assert not list(built.folder.iterdir())
    assert (built.settings.home / "dbt" / "target" / "manifest.json").is_file()
    assert (built.settings.home / "dbt" / "logs" / "dbt.log").is_file()
    assert built.events.count("NodeFinished") > len(MARTS["core"])


@built_once
def test_a_second_home_in_the_same_process(built: Built, settings: Settings) -> None:
    with open_catalog(settings) as catalog:
        deliver(catalog, FIRST[:1], 1)
        succeed(invoke(settings, BUILD))
        assert len(rows(catalog, "core.fct_order_lines")) == 1
    with open_catalog(built.settings) as catalog:
        assert len(rows(catalog, "core.fct_order_lines")) == len(FIRST)


@built_once
def test_docs_carry_types_and_descriptions(built: Built) -> None:
    succeed(invoke(built.settings, ["docs", "generate", "--static"]))
    target = built.settings.home / "dbt" / "target"
    one_file = (target / "static_index.html").read_text()
    assert "model.cadabra.fct_orders" in one_file
    described = json.loads((target / "manifest.json").read_text())["nodes"]
    found = json.loads((target / "catalog.json").read_text())
    assert "source.cadabra.landing.order_lines" in found["sources"]
    orders = found["nodes"]["model.cadabra.fct_orders"]
    assert orders["metadata"]["comment"].startswith("One row per invoice")
    columns = orders["columns"]
    assert columns["net_amount"]["type"] == "DECIMAL(18,4)"
    assert columns["order_date"]["type"] == "DATE"
    with open_catalog(built.settings) as catalog:
        schema = catalog.load_table("core.fct_orders").schema()
    assert list(columns) == [field.name for field in schema.fields]
    wanted = described["model.cadabra.fct_orders"]["columns"]
    for field in schema.fields:
        assert field.doc == wanted[field.name]["description"] == columns[field.name]["comment"]


@built_once
def test_every_table_says_what_a_row_is_has_a_key_and_describes_its_columns(built: Built) -> None:
    manifest = json.loads((built.settings.home / "dbt" / "target" / "manifest.json").read_text())
    nodes = manifest["nodes"].values()
    keyed = {
        node["attached_node"]
        for node in nodes
        if node["resource_type"] == "test" and node.get("test_metadata", {}).get("name") == "is_key"
    }
    tables = [node for node in nodes if node["resource_type"] in {"model", "seed", "snapshot"}]
    for node in tables:
        assert node["description"].startswith("One row per "), node["name"]
        assert all(column["description"] for column in node["columns"].values()), node["name"]
        if node["config"]["materialized"] != "ephemeral":
            assert node["unique_id"] in keyed, node["name"]
        if node["fqn"][1] in {"marts", "reports"}:
            assert node["config"]["contract"]["enforced"], node["name"]
    built_tables = {(n["schema"], n["name"]) for n in tables if is_table(n)}
    assert built_tables == {(space, name) for space, names in MARTS.items() for name in names}
    with open_catalog(built.settings) as catalog:
        for table in built_tables:
            found = catalog.load_table(table)
            assert found.properties["comment"].startswith("One row per "), table
            assert all(field.doc for field in found.schema().fields), table


def is_table(node: dict[str, Any]) -> bool:
    return node["config"]["materialized"] != "ephemeral"


@built_once
def test_every_case_and_window_has_a_unit_test(built: Built) -> None:
    """Of the models whose SQL decides something, those that only add up apart."""
    manifest = json.loads((built.settings.home / "dbt" / "target" / "manifest.json").read_text())
    tested = {next(iter(test["depends_on"]["nodes"])) for test in manifest["unit_tests"].values()}
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model" and re.search(r"\bcase\b|\bover \(", node["raw_code"]):
            assert node["unique_id"] in tested, node["name"]


@built_once
def test_every_page_and_every_task_is_an_exposure(built: Built) -> None:
    manifest = json.loads((built.settings.home / "dbt" / "target" / "manifest.json").read_text())
    exposed = {exposure["name"] for exposure in manifest["exposures"].values()}
    scripts = {page.stem for page in (PROJECT.parent / "apps/bi/app_pages").glob("*.py")}
    pages = {f"dashboard_{script}" for script in scripts - {"__init__"}}
    assert exposed == pages | {f"ml_{task}" for task in TASKS}
    read = {
        exposure["name"]: {node.rsplit(".", 1)[-1] for node in exposure["depends_on"]["nodes"]}
        for exposure in manifest["exposures"].values()
    }
    assert all(read.values())
    for page in PAGES:
        needed = {table.rsplit(".", 1)[-1] for table in page.needs}
        assert needed <= read[f"dashboard_{page.script or page.path}"]


@built_once
@pytest.mark.parametrize(
    "arguments",
    [
        ["source", "freshness"],
        ["test", "--select", "fct_order_lines", "--threads", "1"],
        ["show", "--select", "int_order_lines_classified"],
        ["show", "--inline", "select * from {{ ref('dim_products') }}"],
        ["run", "--select", "fct_orders+", "--full-refresh"],
        ["run", "--select", "dim_dates", "--empty"],
    ],
    ids=" ".join,
)
def test_what_dbt_users_type(built: Built, arguments: list[str]) -> None:
    succeed(invoke(built.settings, arguments))


def test_the_rows_that_fail_a_test_are_kept_until_it_passes(
    settings: Settings, catalog: Catalog
) -> None:
    name = "source_is_key_landing_order_lines_record_id"
    deliver(catalog, FIRST, 1)
    table = catalog.load_table(ORDER_LINES)
    line = table.scan(limit=1).to_arrow()
    for _ in range(2):
        table.append(line)
        assert not invoke(settings, ["test", "--select", name]).success
    [(record, count)] = rows(catalog, f"dbt_test__audit.{name}")
    assert (record, count) == (line["record_id"][0].as_py(), 3)
    table.delete(EqualTo("record_id", record))
    succeed(invoke(settings, ["test", "--select", name]))
    assert not catalog.list_tables("dbt_test__audit")


def test_ctrl_c_is_no_failed_build(settings: Settings, catalog: Catalog) -> None:
    with catalog:
        deliver(catalog, FIRST, 1)
    for moment in ("MainReportVersion", "ConcurrencyLine"):

        def press(event: Any, moment: str = moment) -> None:
            if event.info.name == moment:
                signal.raise_signal(signal.SIGINT)

        with pytest.raises(KeyboardInterrupt):
            invoke(settings, UNTESTED, on_event=press)
    succeed(invoke(settings, UNTESTED))


def dbt(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Plain dbt, typed in that folder."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("LAKEHOUSE", "DBT"))}
    command = [str(Path(sys.executable).parent / "dbt"), "--no-use-colors", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_plain_dbt_in_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "somewhere"
    project = folder / "dbt_project"
    ignored = shutil.ignore_patterns("target", "logs", "__pycache__", ".user.yml")
    shutil.copytree(PROJECT, project, ignore=ignored)
    (folder / "lakehouse.toml").write_text('home = "state"\n')
    settings = load_settings(folder=project, environment={})
    assert settings.home == (folder / "state").resolve()
    with open_catalog(settings) as catalog:
        deliver(catalog, FIRST, 1)
        built = dbt(project, "build")
        assert (built.returncode, built.stderr) == (0, ""), built.stdout
        assert "Completed successfully" in built.stdout
        assert "WARN" not in built.stdout.replace("WARN=0", "")
        assert len(rows(catalog, "core.fct_order_lines")) == len(FIRST)
        written = {path.name for path in [*folder.iterdir(), *project.iterdir()]}
        assert written - {path.name for path in PROJECT.iterdir()} <= {
            *("dbt_project", "lakehouse.toml", "state", "target", "logs"),
        }

        # A line that landed twice: the test of its key fails, and what depends on it is left.
        table = catalog.load_table(ORDER_LINES)
        table.append(table.scan(limit=1).to_arrow())
        broken = dbt(project, "build")
        assert broken.returncode == 1
        assert "Failure in test source_is_key_landing_order_lines_record_id" in broken.stdout
        assert len(rows(catalog, "core.fct_order_lines")) == len(FIRST)


def test_dbt_before_anything_landed_says_what_to_run(
    settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    for command in (["build"], ["source", "freshness"]):
        told.clear()
        assert not invoke(settings, command, on_event=lambda e: told.append(e.info.msg)).success
        said = "\n".join(told)
        assert "there is no table landing.order_lines yet" in said
        assert "`lakehouse build`" in said
        assert "Catalog Error" not in said
        assert "Traceback" not in said + "".join(capfd.readouterr())
    succeed(invoke(settings, ["docs", "generate"]))


def test_a_wrong_setting_is_told_without_a_traceback(tmp_path: Path) -> None:
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(PROJECT / name, tmp_path)
    (tmp_path / "lakehouse.toml").write_text("hme = 'x'\n")
    failed = dbt(tmp_path, "debug")
    assert failed.returncode != 0
    assert "unknown setting 'hme'" in failed.stdout
    assert "did you mean 'home'?" in failed.stdout
    assert "Traceback" not in failed.stdout + failed.stderr
