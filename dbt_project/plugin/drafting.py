"""The draft of a dbt run: opened before its first model, published after its last test."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from duckdb import DuckDBPyConnection
from pyiceberg.typedef import Identifier

from lakehouse.catalog.drafts import DraftCatalog
from lakehouse.catalog.publishing import discard
from lakehouse.errors import BuildError
from lakehouse.quoting import identifier
from lakehouse.tables.publications import Publication, publish_draft

# Where dbt keeps the rows that failed a test: they are wanted most when nothing is published.
AUDIT = "dbt_test__audit"


def begin(draft: DraftCatalog, run: str) -> None:
    """Open a new draft for a run; for `dbt retry`, the one its first try left.

    Raises LockedError when another run is under way in this home, BuildError when there is
    nothing that a retry could go on with.
    """
    before = _previous_run()
    draft.open()
    if before is None:
        discard(draft)
    elif draft.run != before:
        draft.close()
        raise BuildError(
            "what the failed run had built is gone: another run came after it",
            hint="start anew: dbt build",
        )
    draft.run = run


def end(
    draft: DraftCatalog, connection: DuckDBPyConnection, request: Mapping[str, Any]
) -> Publication | None:
    """Publish the draft of the run in which nothing `failed`; otherwise leave it for a look.

    An `empty` run (--empty) tried whether all models can be built, with no rows: it is discarded.
    A draft that the run was only shown is left to whoever opened it.
    Raises CatalogError when somebody else changed one of the tables meanwhile.
    """
    if draft.run != request["run"]:
        return None
    if request["failed"]:
        draft.close()
        return None
    if request["empty"]:
        discard(draft)
        draft.close()
        return None

    def count(table: Identifier) -> int:
        [[rows]] = connection.execute(
            f"select count(*) from {identifier('lake', *table)}"
        ).fetchall()
        return int(rows)

    return publish_draft(draft, request["run"], datetime.now(UTC), count)


def _previous_run() -> str | None:
    """The id of the run that `dbt retry` goes on from; None for every other command."""
    context = click.get_current_context(silent=True)
    if context is None or context.info_name != "retry":
        return None
    config = context.obj["runtime_config"]
    folder = Path(config.project_root) / (context.params["state"] or config.target_path)
    results = json.loads((folder / "run_results.json").read_text())
    return str(results["metadata"]["invocation_id"])
