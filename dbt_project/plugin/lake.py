"""The dbt-duckdb plugin that puts the lake behind the adapter.

It serves the configured catalog over Iceberg REST inside the dbt process, attaches DuckDB to it
as `lake`, and carries out what the materializations of this project ask for (`store`).
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, cast

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.adapters.duckdb.utils import TargetConfig
from dbt.adapters.factory import get_adapter_by_type
from dbt.flags import get_flags
from dbt_common.exceptions import DbtDatabaseError, DbtRuntimeError
from duckdb import DuckDBPyConnection

from dbt_project.plugin.drafting import AUDIT
from dbt_project.plugin.requests import perform
from ingest.refusals import translated
from lakehouse.catalog import catalog_endpoint, open_catalog
from lakehouse.catalog.drafts import DraftCatalog
from lakehouse.catalog.rest import serving
from lakehouse.catalog.sql import LakeSqlCatalog
from lakehouse.config import Settings, load_settings
from lakehouse.errors import LakehouseError, MachineError
from lakehouse.query.engine import attach_lake, load_extensions
from lakehouse.query.limits import keep_within
from lakehouse.tables.publications import Publication

# dbt makes the plugin itself, from the names in profiles.yml, so this is the one way to hand it
# anything that is no text.
_given: Settings | None = None
_given_draft: DraftCatalog | None = None
_given_checks: Mapping[str, str] = {}
_opened = ExitStack()
_refused: list[LakehouseError] = []
_published: list[Publication] = []
_answers: dict[str, float] = {}
# Asked for outside of any model: a refusal ends the run, and dbt keeps only its text.
_OF_THE_RUN = {"begin", "end"}


@contextmanager
def lake_of(
    settings: Settings, draft: DraftCatalog | None = None, checks: Mapping[str, str] | None = None
) -> Iterator[None]:
    """Let every dbt invocation in the block work on the lake of `settings`, or on its `draft`.

    What it builds is published only if none of the queries `checks`, by name, finds a row in it.

    Without it the plugin asks lakehouse.toml and LAKEHOUSE_*, from the dbt project upwards. When
    the block ends, dbt's DuckDB and the REST service are closed, so that the next block may name
    another lake.
    """
    global _given, _given_draft, _given_checks
    _given, _given_draft, _given_checks = settings, draft, checks or {}
    _refused.clear()
    _published.clear()
    _answers.clear()
    try:
        yield
    finally:
        _given, _given_draft, _given_checks = None, None, {}
        close()


def close() -> None:
    """Close dbt's DuckDB and what the plugin opened; the next invocation opens them anew."""
    DuckDBConnectionManager.close_all_connections()
    _opened.close()


def refused() -> LakehouseError | None:
    """What the machine or the catalog refused first in this block; dbt keeps only the text."""
    return _refused[0] if _refused else None


def published() -> Publication | None:
    """What the last run in this block published."""
    return _published[-1] if _published else None


def answers() -> dict[str, float]:
    """The seconds of each check of this block, if all were asked and none found a row."""
    return dict(_answers)


class Plugin(BasePlugin):
    """`lake` in the profile of this project."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Open the catalog and start its REST service; both end with the process or the block."""
        with _told_to_dbt():
            self._settings = _given or load_settings(folder=Path(get_flags().PROJECT_DIR).resolve())
            self._catalog = _given_draft or _opened.enter_context(open_catalog(self._settings))
            if self._catalog is _given_draft:
                self._endpoint = _opened.enter_context(serving(self._catalog))
            elif isinstance(self._catalog, LakeSqlCatalog):
                self._catalog = DraftCatalog(self._catalog, self._settings.home, direct=[AUDIT])
                _opened.callback(self._catalog.close)
                self._endpoint = _opened.enter_context(serving(self._catalog))
            else:
                self._endpoint = _opened.enter_context(catalog_endpoint(self._settings))

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Hold DuckDB to the limits of the settings, and attach the lake."""
        with _told_to_dbt(self._settings.home):
            keep_within(conn, self._settings.query, self._settings.home / "tmp")
            load_extensions(conn)
            attach_lake(conn, self._endpoint)

    def store(self, target_config: TargetConfig) -> None:
        """Do what a materialization asks for; the answer goes into its own request."""
        relation, request = target_config.relation, target_config.config
        of_the_run = request["action"] in _OF_THE_RUN
        if request["action"] == "end":
            request["checks"] = _given_checks
        with _told_to_dbt(self._settings.home, keep=LakehouseError if of_the_run else MachineError):
            perform(
                _cursor_of_this_thread(),
                self._catalog,
                (str(relation.schema), str(relation.identifier)),
                request,
            )
        if publication := request.get("published"):
            _published.append(publication)
        _answers.update(request.get("answers") or {})


def _cursor_of_this_thread() -> DuckDBPyConnection:
    """The cursor dbt uses in this thread: temporary tables and Ctrl-C belong to it."""
    connection = get_adapter_by_type("duckdb").connections.get_thread_connection()
    return cast("DuckDBPyConnection", connection.handle.cursor())


@contextmanager
def _told_to_dbt(
    home: Path | None = None, keep: type[LakehouseError] = MachineError
) -> Iterator[None]:
    """Errors of ours and of DuckDB as dbt's own, which it reports beside the model's name."""
    try:
        with translated(home):
            yield
    except LakehouseError as e:
        if isinstance(e, keep):
            _refused.append(e)
        raise DbtRuntimeError("\n".join(filter(None, [e.message, e.hint]))) from e
    except duckdb.Error as e:
        raise DbtDatabaseError(str(e)) from e
