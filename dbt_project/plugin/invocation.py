"""dbt inside this process: a second of start-up saved every time, and its events as they come."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt_common.events.event_manager_client import cleanup_event_logger

from dbt_project.plugin.lake import lake_of, refused
from ingest.refusals import translated
from lakehouse.catalog.drafts import DraftCatalog
from lakehouse.config import Settings

PROJECT = Path(__file__).parents[1]
# More than there are cores only wait for each other: two on two cores took 8% less work than four.
_MOST_THREADS = 4
_RUNS_NODES = {"build", "run", "seed", "snapshot", "test"}
_FILE_LOG = "file_log"  # the name in dbt.events.logging


def invoke(
    settings: Settings,
    arguments: Sequence[str],
    *,
    on_event: Callable[[Any], None] | None = None,
    draft: DraftCatalog | None = None,
    checks: Mapping[str, str] | None = None,
) -> dbtRunnerResult:
    """Run a dbt command (`["build", "--select", "core"]`) on the lake of `settings`.

    With an open `draft` it is run on that, and neither publishes nor discards it. What it builds
    is published only if none of the queries `checks` finds a row (`lake.answers`); such a run
    leaves dbt's manifest and results as they were, and in its log what dbt prints: over a day of
    orders the two files and the log of a debugger are a third of dbt's work.

    Everything dbt writes goes below the home: compiled SQL and results to `dbt/target`, its log
    to `dbt/logs`, nothing to standard output. `on_event` gets every event of dbt's log. The
    environment and the current folder do not matter, and neither does an earlier invocation. As
    many nodes are run at once as DuckDB has threads, at most four.

    Returns dbt's own result: `success`, `result` (one entry per node) and `exception`. Raises
    KeyboardInterrupt for Ctrl-C, after dbt has cancelled what it was running, and MachineError
    when the disk is full or the machine refused something else, in the lake or to dbt itself.
    """
    state = settings.home / "dbt"
    flags: dict[str, object] = {
        "--project-dir": PROJECT,
        "--profiles-dir": PROJECT,
        "--target-path": state / "target",
        "--log-path": state / "logs",
        "--log-level": "none",
        "--log-level-file": "info" if checks else "debug",
    }
    if "--threads" not in arguments and arguments[0] in _RUNS_NODES:
        cores = settings.query.threads or os.cpu_count() or 1
        flags["--threads"] = str(min(_MOST_THREADS, cores))
    given = [part for name, value in flags.items() for part in (name, str(value))]
    given += ["--no-write-json"] if checks else []
    runner = dbtRunner(callbacks=[on_event] if on_event else [])
    with lake_of(settings, draft, checks), _log_closed():
        result = runner.invoke([*arguments, *given])
        refusal = refused()
    if isinstance(result.exception, KeyboardInterrupt):
        raise result.exception  # dbt hands Ctrl-C back as a result; nobody asked to go on
    if refusal:
        raise refusal
    if isinstance(result.exception, OSError):
        with translated(settings.home):
            raise result.exception
    return result


@contextmanager
def _log_closed() -> Iterator[None]:
    """dbt leaves its log file open for the rest of the process.

    A line that does not fit on the disk is left out; logging would print a traceback for each.
    """
    loud, logging.raiseExceptions = logging.raiseExceptions, False
    try:
        yield
    finally:
        log = logging.getLogger(_FILE_LOG)
        for handler in log.handlers[:]:
            log.removeHandler(handler)
            with suppress(OSError):
                handler.close()
        with suppress(OSError):
            cleanup_event_logger()
        logging.raiseExceptions = loud
