"""The nodes of the dbt project, as the manifest tells that dbt leaves in the home."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

# What asks something of the run or of the database, but for which of two macros is meant.
_VARYING = re.compile(
    r"\b(run_query|statement|execute|graph|flags|env_var|invocation_id|invocation_args_dict"
    r"|run_started_at|modules|load_result|load_relation|store_result)\b"
    r"|\b(adapter|api)\.(?!dispatch\b)"
)
# Refuses where a table of the landing is missing, as the SQL would; of the models' tables alone it
# says something else in another run.
_SOURCE: Final = "macro.cadabra.source"
# Asks a flag for the columns to keep of the rows that fail, not for the rows.
_COLUMNS_KEPT: Final = "macro.dbt.should_store_failures"
_OF_MODELS: Final = "source.cadabra.ml."
# A test of which it is enough to know that it finds no rows, whatever is said when it finds some.
_USUAL: Final[Mapping[str, object]] = {
    "warn_if": "!= 0",
    "error_if": "!= 0",
    "fail_calc": "count(*)",
    "limit": None,
    "enabled": True,
}


@dataclass(frozen=True)
class Node:
    """A node of the project: what it is made of (ids), and its table, if it has one.

    `fixed` is a test that dbt compiles to the same SQL whenever the project is the same, `failures`
    the table in which dbt keeps the rows that fail a test, until it passes.
    """

    unique_id: str
    name: str
    kind: str
    parents: tuple[str, ...]
    table: str | None
    fixed: bool = False
    failures: str | None = None

    @property
    def runs(self) -> bool:
        """Whether dbt has anything to do for it: not for a source or an ephemeral model."""
        return self.kind == "test" or (self.kind != "source" and self.table is not None)


def nodes_of(manifest: Path, *, without: str) -> tuple[Node, ...]:
    """The nodes of dbt's manifest and its sources, but those with the tag `without`."""
    said = json.loads(manifest.read_text())
    found = [*said["sources"].values(), *said["nodes"].values()]
    varying = _varying(said["macros"])
    return tuple(_node(each, varying) for each in found if without not in each.get("tags", ()))


def _varying(macros: Mapping[str, Any]) -> set[str]:
    """The ids of the macros whose text may be another one in another run.

    What a materialization uses is not meant: dbt adds it to the macros of a test that ran.
    """
    calls = {key: set(macro["depends_on"]["macros"]) for key, macro in macros.items()}
    varying = {key for key, macro in macros.items() if _VARYING.search(macro["macro_sql"])}
    varying.discard(_COLUMNS_KEPT)
    while added := {key for key in calls.keys() - varying if calls[key] & varying}:
        varying |= added
    running = {key for key in calls if ".materialization_test_" in key}
    while added := {each for key in running for each in calls.get(key, ())} - running:
        running |= added
    return varying - running


def _is_fixed(said: Mapping[str, Any], varying: set[str]) -> bool:
    """Whether a test is asked in the same words each time, and passes if it finds no rows."""
    config = said["config"]
    usual = {name: config.get(name) for name in _USUAL} == _USUAL
    used = set(said["depends_on"]["macros"])
    if not any(parent.startswith(_OF_MODELS) for parent in said["depends_on"]["nodes"]):
        used.discard(_SOURCE)
    written = json.dumps([said["raw_code"], said.get("test_metadata"), config.get("where")])
    return usual and not varying & used and not _VARYING.search(written)


def _node(said: Mapping[str, Any], varying: set[str]) -> Node:
    kind, kept = said["resource_type"], said.get("config", {}).get("materialized")
    has_table = kind in {"model", "seed", "snapshot", "source"} and kept != "ephemeral"
    named = f"{said['schema']}.{said.get('identifier') or said.get('alias')}"
    parents = tuple(said.get("depends_on", {}).get("nodes", ()))
    if kind == "test":
        fixed = _is_fixed(said, varying)
        return Node(said["unique_id"], said["name"], kind, parents, None, fixed, named)
    return Node(said["unique_id"], said["name"], kind, parents, named if has_table else None)
