"""`lakehouse build` as a person runs it: a command, its figures, its exit codes."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyiceberg.catalog import Catalog

from lakehouse.catalog import open_catalog
from lakehouse.cli.clock import now
from lakehouse.config import load_settings
from lakehouse.locks import home_lock
from lakehouse.pipeline.models import compute_models
from lakehouse.progress import SILENT
from lakehouse.query.build_notes import builds_noted

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
GOOD = (
    "536365,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n"
    '536365,22752,"SET 7 BABUSHKA, BOXES",2,2010-12-01 08:26:00,7.65,17850.0,United Kingdom\n'
    "536366,22633,HAND WARMER,6,2011-01-04 10:00:00,1.85,,France\n"
    "C536379,85123A,WHITE HEART,-1,2011-01-05 09:41:00,2.55,17850.0,United Kingdom\n"
)
BAD = (
    "536367,84879,BIRD ORNAMENT,many,2010-12-01 08:34:00,1.69,13047.0,United Kingdom\n"
    "536368,22960,JAM SET,6,2010-13-01 08:34:00,4.25,13047.0,United Kingdom\n"
)

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Run `lakehouse` with a home of its own, away from any lakehouse.toml."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "lakehouse", "--home", "the home", *map(str, arguments)],
            cwd=tmp_path,
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def _environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("LAKEHOUSE_")}
    return kept | {"PYTHONPATH": str(Path(__file__).parents[2])}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "orders.csv"
    file.write_text(HEADER + GOOD + BAD)
    return file


def report(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def opened(home: Path) -> Catalog:
    return open_catalog(load_settings(folder=home, flags={"home": home}, environment={}))


def rows(home: Path, table: str) -> list[dict[str, Any]]:
    with opened(home) as catalog:
        return catalog.load_table(table).scan().to_arrow().to_pylist()


def sorted_orders(home: Path) -> list[dict[str, Any]]:
    return sorted(rows(home, "core.fct_orders"), key=lambda row: str(row["order_id"]))


def test_a_build_accounts_for_every_line_once_and_notices_who_goes_round_it(
    command: Command, log: Path, tmp_path: Path
) -> None:
    home = tmp_path / "the home"
    first = command("build", "--no-ml", "--source", log)
    assert first.returncode == 0, first.stderr
    for said in ("6 lines read from 1 file", "4 landed", "2 rejected", "bad_quantity", "bad_date"):
        assert said in first.stdout
    for kind, ended in (("models", "built"), ("seeds", "built"), ("tests", "passed")):
        assert re.search(rf"{kind}: [0-9]+ {ended}", first.stdout)
    assert "tables together, as 1" in first.stdout
    assert "lakehouse --home 'the home' sql" in first.stderr
    orders = sorted_orders(home)
    assert {row["order_id"]: row["net_amount"] for row in orders} == {
        "536365": 6 * Decimal("2.55") + 2 * Decimal("7.65"),
        "536366": 6 * Decimal("1.85"),
        "C536379": -Decimal("2.55"),
    }

    second = report(command("build", "--no-ml", "--source", log, "--json"))
    assert second["landing"]["orders"]["lines"] == 0
    assert second["landing"]["orders"]["skipped"] == ["orders.csv"]
    assert {node["status"] for node in second["nodes"]} == {"unchanged"}
    assert second["publication"] is None
    assert sorted_orders(home) == orders

    # Somebody writes every line to a mart once more: a merge can't tell the two apart.
    with opened(home) as catalog:
        table = catalog.load_table("core.fct_order_lines")
        table.append(table.scan().to_arrow())
    third = command("build", "--no-ml", "--source", log)
    assert third.returncode == 6
    assert "lakehouse: error:" in third.stderr
    assert "is_key_fct_order_lines_order_line_id" in third.stderr + third.stdout
    assert "Traceback" not in third.stderr
    assert "nothing new: every line of" in third.stdout  # the table folds what is longer
    assert sorted_orders(home) == orders
    assert len(rows(home, "dbt_test__audit.is_key_fct_order_lines_order_line_id")) == 4

    mended = report(command("build", "--no-ml", "--source", log, "--full-refresh", "--json"))
    assert {node["status"] for node in mended["nodes"]} <= {"success", "pass", "no-op"}
    assert sorted_orders(home) == orders

    # What dbt said in each is kept for the operations page.
    noted = builds_noted(home)
    failed = [[node for node in build.nodes if node.failed] for build in noted]
    assert [bool(nodes) for nodes in failed] == [False, True, False, False]
    assert {node.status for node in noted[2].nodes} == {"unchanged"}
    assert {node["name"] for node in second["nodes"]} == {node.name for node in noted[2].nodes}


def test_lines_of_a_wrong_clock_are_published_and_move_no_date(
    command: Command, tmp_path: Path, parsed_in: Callable[[Path], None]
) -> None:
    home, days = tmp_path / "the home", [date(2011, 3, 1) + timedelta(n) for n in range(10)]
    parsed_in(home)
    file = tmp_path / "orders.csv"
    dated = [*days, date(2099, 6, 1), date(1970, 1, 1)]
    file.write_text(
        HEADER
        + "".join(
            f"{600_000 + n},2000{n % 3},LAMP,2,{day} 10:00:00,1.50,1234{n % 2},France\n"
            for n, day in enumerate(dated)
        )
    )

    built = report(command("build", "--no-ml", "--source", file, "--json"))

    warned = [node["name"] for node in built["nodes"] if node["status"] == "warn"]
    assert "lines_are_dated_within_the_trading_period" in warned
    calendar = {
        row["date_day"]: row["is_in_trading_period"] for row in rows(home, "core.dim_dates")
    }
    assert calendar == {day: day in days for day in dated}
    assert sum(row["net_amount"] for row in rows(home, "reports.rpt_daily_sales")) == 3 * len(dated)
    assert {row["demand_date"] for row in rows(home, "ml.fct_daily_demand")} == set(days)
    for judged in ("dim_customer_segments", "dim_customer_lifetime"):
        known = rows(home, f"marketing.{judged}")
        assert {row["as_of_date"] for row in known} == {date(2011, 3, 11)}
        assert sum(row["order_count"] for row in known) == len(days)


def test_a_build_that_is_killed_is_finished_by_the_next(
    command: Command, log: Path, tmp_path: Path
) -> None:
    for moment in ("Landing", "Building"):
        kill_at(moment, tmp_path, log, "--no-ml")
    report(command("build", "--no-ml", "--source", log, "--json"))
    lines = rows(tmp_path / "the home", "core.fct_order_lines")
    assert sorted(line["order_line_id"] for line in lines) == [1, 2, 3, 4]
    assert len(rows(tmp_path / "the home", "landing.rejects")) == 2


def test_models_follow_the_marts_and_harm_them_by_no_failure(
    command: Command, log: Path, tmp_path: Path, parsed_in: Callable[[Path], None]
) -> None:
    home = tmp_path / "the home"
    parsed_in(home)
    kill_at("recommend", tmp_path, log)
    orders = sorted_orders(home)
    assert [row["order_id"] for row in orders] == ["536365", "536366", "C536379"]

    # Another process at work on the models keeps this one from it, and from nothing else.
    with home_lock(home, "models", "changing the models in"):
        refused = command("build", "--source", log)
    assert refused.returncode == 7
    assert "changing the models in" in refused.stderr
    assert "failed: another process" in refused.stdout

    # One customer and two days: what can be said is said, and what can't is told.
    second = command("build", "--source", log)
    assert second.returncode == 0, second.stderr
    for said in (
        "computed: recommend, forecast",
        "left out: returns: ",
        "left out: quantity: ",
    ):
        assert said in second.stdout
    shown = rows(home, "ml.recommendations")
    assert {r["customer_id"] for r in shown} == {None, "17850"}
    settings = load_settings(folder=home, flags={"home": home}, environment={})
    third = compute_models(settings, now, SILENT)
    assert not any(outcome.run for outcome in third.outcomes)
    assert not third.failures
    assert rows(home, "ml.recommendations") == shown
    assert sorted_orders(home) == orders


def kill_at(moment: str, folder: Path, log: Path, *flags: str) -> None:
    """Start a build and kill it as soon as it says that the step `moment` begins."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "lakehouse",
            "--home",
            "the home",
            "build",
            "--source",
            str(log),
            *flags,
        ],
        cwd=folder,
        env=_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stderr
        assert any(line.startswith(moment) for line in process.stderr)
        process.kill()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--nonsense"], 2, "No such option"),
        (["--source", "absent.csv"], 3, "absent.csv"),
        (["--days", "0"], 2, "generate.days"),
    ],
)
def test_bad_arguments_are_told_without_a_traceback(
    command: Command, arguments: list[str], code: int, said: str
) -> None:
    done = command("build", "--no-ml", *arguments)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_one_build_at_a_time(command: Command, log: Path, tmp_path: Path) -> None:
    with home_lock(tmp_path / "the home", "build", "building in"):
        done = command("build", "--no-ml", "--source", log)
    assert done.returncode == 7
    assert f"pid {os.getpid()}" in done.stderr


def test_a_damaged_catalog_is_named(command: Command, log: Path, tmp_path: Path) -> None:
    (tmp_path / "the home").mkdir()
    (tmp_path / "the home" / "catalog.db").write_bytes(b"no database" * 100)
    done = command("build", "--no-ml", "--source", log)
    assert done.returncode == 4
    assert "catalog.db" in done.stderr
    assert "hint:" in done.stderr


def test_generated_logs_are_built_and_not_landed_twice(
    command: Command, tmp_path: Path, parsed_in: Callable[[Path], None]
) -> None:
    parsed_in(tmp_path / "the home")
    first = report(command("build", "--no-ml", "--days", 10, "--json"))
    assert first["generated"]
    for landed in (first["landing"]["orders"], first["landing"]["access_logs"]):
        assert landed["lines"] > 5_000
        assert landed["landed"] + sum(landed["rejected"].values()) == landed["lines"]
    again = report(command("build", "--no-ml", "--days", 12, "--json"))
    for stream, landed in again["landing"].items():
        assert 0 < landed["lines"] < first["landing"][stream]["lines"]


def test_real_logs_on_top_of_generated_ones_are_pointed_out(
    command: Command, log: Path, tmp_path: Path
) -> None:
    (tmp_path / "the home" / "logs" / "orders").mkdir(parents=True)
    with home_lock(tmp_path / "the home", "build", "building in"):
        done = command("build", "--no-ml", "--source", log)
    assert "holds generated logs already" in done.stderr
