"""The same dbt project on a cluster: built by Sail beside the lake, and compared row for row.

Nothing of the lake is written. A second catalog, below the home, points at its landing tables as
they are; Sail (Spark Connect) reads and writes that catalog through the REST service, and every
mart it builds must equal the published one.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lakehouse.catalog import Endpoint, open_catalog
from lakehouse.catalog.locations import location_of
from lakehouse.catalog.rest import serving
from lakehouse.catalog.sql import LakeSqlCatalog
from lakehouse.config import Settings
from lakehouse.errors import BuildError, CatalogError, ConfigError, MachineError
from lakehouse.pipeline.comparing import Comparison, compare
from lakehouse.progress import Progress
from lakehouse.query.publications import State, published_states

_START_SECONDS = 60.0
_ADDRESS = "127.0.0.1"
_PROJECT = Path(__file__).parents[2] / "dbt_project"


@dataclass(frozen=True)
class ScaleOutReport:
    """What Sail built: how many models and tests ended how, in seconds, and each mart compared."""

    statuses: Mapping[str, int]
    seconds: float
    marts: Sequence[Comparison]


def scale_out(settings: Settings, workers: int, progress: Progress) -> ScaleOutReport:
    """Build the dbt project on a Sail cluster of `workers`, and compare it with what is published.

    Raises ConfigError when Sail is not installed, CatalogError when nothing was published yet or
    the catalog is no SQL database, BuildError when a model or a data test fails on Sail.
    """
    sail, dbt = _installed("sail"), _installed("dbt")
    with open_catalog(settings, create=False) as lake:
        state = published_states(lake)[-1]
        if not isinstance(lake, LakeSqlCatalog) or not state.marts:
            raise CatalogError("there are no published marts", hint="run `lakehouse build` first")
        beside = settings.model_copy(update={"home": settings.home / "scale-out"})
        shutil.rmtree(beside.home, ignore_errors=True)
        with open_catalog(beside) as other:
            _point_at_sources(lake, other, state)
            with serving(lake) as ours, serving(other) as theirs:
                with _cluster(sail, beside.home, theirs, workers) as port:
                    started = time.monotonic()
                    with progress.task(f"Building on Sail with {workers} workers"):
                        statuses = _build(dbt, beside, port)
                    seconds = time.monotonic() - started
                with progress.task("Comparing the marts"):
                    marts = compare(settings, ours, theirs, state)
    return ScaleOutReport(statuses, seconds, marts)


def _installed(name: str) -> Path:
    """A program beside this Python."""
    program = Path(sys.executable).parent / name
    if not program.exists():
        hint = "`make scale-out` installs it, as does pip install -r requirements/scale-out.txt"
        raise ConfigError(f"{name} is not installed", hint=hint)
    return program


def _point_at_sources(lake: LakeSqlCatalog, other: object, state: State) -> None:
    """Register what dbt reads and does not build at the metadata it has now."""
    assert isinstance(other, LakeSqlCatalog)  # noqa: S101 - it was opened without [catalog]
    for table, location in lake.metadata_locations().items():
        if ".".join(table) not in state.marts and table[0] in {"landing", "ml"}:
            other.create_namespace_if_not_exists(table[:-1])
            other.register_table(table, location)


@contextmanager
def _cluster(sail: Path, home: Path, catalog: Endpoint, workers: int) -> Iterator[int]:
    """A Sail server with its workers in one process each, on a free port, until the block ends."""
    port = _free_port()
    warehouse = location_of(home / "warehouse")
    lake = (
        f'[{{type="iceberg-rest", name="lake", warehouse="{warehouse}", uri="{catalog.uri}",'
        f' bearer_access_token="{catalog.token}"}}]'
    )
    environment = {
        **os.environ,
        "SAIL_MODE": "local-cluster",
        "SAIL_CLUSTER__WORKER_INITIAL_COUNT": str(workers),
        "SAIL_CATALOG__LIST": lake,
        "SAIL_CATALOG__DEFAULT_CATALOG": "lake",
    }
    with (home / "sail.log").open("w") as log:
        server = subprocess.Popen(  # noqa: S603 - our own program
            [sail, "spark", "server", "--ip", _ADDRESS, "--port", str(port)],
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            _wait_for(server, port, home / "sail.log")
            yield port
        finally:
            server.terminate()
            server.wait()


def _wait_for(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            socket.create_connection((_ADDRESS, port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise MachineError("Sail did not start", hint=f"its log says more: {log}")


def _build(dbt: Path, settings: Settings, port: int) -> dict[str, int]:
    target = settings.home / "dbt" / "target"
    folders = {
        "--project-dir": _PROJECT,
        "--profiles-dir": _PROJECT,
        "--target-path": target,
        "--log-path": settings.home / "dbt" / "logs",
    }
    flags = [str(part) for pair in folders.items() for part in pair]
    environment = {
        **os.environ,
        "LAKEHOUSE_SAIL_HOST": _ADDRESS,
        "LAKEHOUSE_SAIL_PORT": str(port),
        "LAKEHOUSE_SAIL_WAREHOUSE": location_of(settings.warehouse),
    }
    command = [str(dbt), "--quiet", "--no-use-colors", "build", "--target", "sail", *flags]
    ran = subprocess.run(  # noqa: S603 - our own program
        command, env=environment, capture_output=True, text=True, check=False
    )
    results = target / "run_results.json"
    if not results.exists():
        log = settings.home / "dbt" / "logs" / "dbt.log"
        raise BuildError(f"dbt could not run on Sail: {ran.stdout[-500:]}", hint=f"see {log}")
    return statuses(json.loads(results.read_text())["results"])


def statuses(results: Sequence[Mapping[str, str]]) -> dict[str, int]:
    """How many nodes ended in each status, exposures aside: dbt has nothing to do for them.

    Raises BuildError that names those that failed.
    """
    results = [each for each in results if each["status"] != "no-op"]
    good = {"success", "pass", "warn", "skipped"}
    if failed := [each for each in results if each["status"] not in good]:
        names = ", ".join(each["unique_id"].split(".")[2] for each in failed[:5])
        reason = (failed[0]["message"] or "").strip().splitlines()[-1:] or [""]
        raise BuildError(f"{len(failed)} failed on Sail: {names}", hint=reason[0].strip())
    found = [each["status"] for each in results]
    return {status: found.count(status) for status in sorted(set(found))}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_ADDRESS, 0))
        return int(probe.getsockname()[1])
