"""The registry: the versions of a task's model, and which of them is in production."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from lakehouse.errors import CatalogError, ModelError
from lakehouse.ml.lake import Lake, qualified
from lakehouse.ml.runs.record import Run
from lakehouse.ml.runs.schemas import REGISTRY, REGISTRY_SCHEMA
from lakehouse.ml.runs.store import append, find, runs

LATEST = "latest run"
"""The reason of a promotion that nobody asked for: the run was the last one."""


@dataclass(frozen=True)
class Version:
    """A registered model; `stage` is production, retired, withdrawn or candidate."""

    task: str
    version: int
    run_id: str
    stage: str
    since: datetime
    reason: str


def versions(lake: Lake, task: str | None = None) -> list[Version]:
    """Every version, by task and number."""
    found: dict[tuple[str, int], Version] = {}
    for event in _events(lake):
        key = (event["task"], event["version"])
        stage = "withdrawn" if event["event"] == "withdrawn" else "candidate"
        if event["event"] == "promoted":
            stage = "production"
            found |= {
                k: Version(v.task, v.version, v.run_id, "retired", event["at"], v.reason)
                for k, v in found.items()
                if k[0] == key[0] and v.stage == "production"
            }
        found[key] = Version(*key, event["run_id"], stage, event["at"], event["reason"])
    return [found[key] for key in sorted(found) if task is None or key[0] == task]


def production(lake: Lake, task: str) -> Version | None:
    """The version that counts."""
    return next((v for v in versions(lake, task) if v.stage == "production"), None)


def register(lake: Lake, run: Run, clock: Callable[[], datetime]) -> Version:
    """Give the run the next version of its task."""
    number = max((v.version for v in versions(lake, run.task)), default=0) + 1
    return _append(lake, Version(run.task, number, run.run_id, "registered", clock(), "trained"))


def promote(lake: Lake, run: Run, reason: str, clock: Callable[[], datetime]) -> Version:
    """Make a registered run the one in production: its tables are current again, its model served.

    The event in the registry decides, in one commit; the tables follow. Who dies in between leaves
    the rest to the next `settle`.

    Raises ModelError for a run that is not registered or already in production, CatalogError
    when a table of it was expired.
    """
    known = [v for v in versions(lake, run.task) if v.run_id == run.run_id]
    if not known:
        raise ModelError(f"{run.run_id} is not registered", hint="only finished runs are")
    if known[0].stage == "production":
        raise ModelError(f"{run.run_id} is in production already", hint="nothing to do")
    for table, snapshot_id in run.outputs.items():
        if not lake.keeps(table, snapshot_id):
            raise CatalogError(
                f"{table} has no snapshot {snapshot_id} any more",
                hint="it was expired; run the model again",
            )
    promoted = Version(run.task, known[0].version, run.run_id, "promoted", clock(), reason)
    version = _append(lake, promoted)
    for table, snapshot_id in run.outputs.items():
        if lake.snapshot_id(table) != snapshot_id:
            lake.restore(table, snapshot_id)
    return version


def withdraw(lake: Lake, version: Version, reason: str, clock: Callable[[], datetime]) -> None:
    """Note that a data test found fault with a version, whose place another has taken."""
    _append(lake, replace(version, stage="withdrawn", since=clock(), reason=reason))


def settle(lake: Lake, task: str | None = None) -> None:
    """Bring the tables to the runs in production, where another run left its own behind.

    That is a run that failed or was killed after its first table, or a promotion that was. What
    no run wrote (a compaction) stays, and so does what nothing is kept to replace.

    Raises CatalogError when somebody else changes a table meanwhile.
    """
    decided = {v.run_id for v in versions(lake, task) if v.stage == "production"}
    for run in runs(lake, task):
        if run.run_id not in decided:
            continue
        for table, snapshot_id in run.outputs.items():
            stray = lake.writer(table) not in {None, run.run_id}
            if stray and lake.keeps(table, snapshot_id):
                lake.restore(table, snapshot_id)


def named(lake: Lake, name: str) -> Run:
    """The run in production of the task of this name, or the run whose id begins so.

    Raises ModelError when there is none, or more than one.
    """
    version = production(lake, name)
    if version is None and (tried := runs(lake, name)):
        why = tried[0].error or "`lakehouse ml runs` lists its runs"
        raise ModelError(f"{name} has no version in production", hint=why)
    return find(lake, version.run_id if version else name)


def previous(lake: Lake, task: str) -> Version:
    """The version that was in production before the one that is.

    Raises ModelError when there was none.
    """
    promoted = [e for e in _events(lake) if e["task"] == task and e["event"] == "promoted"]
    order = [e["run_id"] for e in promoted]
    earlier = [run_id for run_id in order[:-1] if run_id != order[-1]] if order else []
    if not earlier:
        raise ModelError(f"{task} has no earlier version in production", hint="nothing to do")
    return next(v for v in versions(lake, task) if v.run_id == earlier[-1])


def _append(lake: Lake, version: Version) -> Version:
    row = {name: getattr(version, name, None) for name in REGISTRY_SCHEMA.column_names}
    append(lake, REGISTRY, REGISTRY_SCHEMA, [row | {"event": version.stage, "at": version.since}])
    return version


def _events(lake: Lake) -> list[dict[str, Any]]:
    name = ".".join(REGISTRY)
    if lake.snapshot_id(name) is None:
        return []
    return lake.query(f"select * from {qualified(name)}").sort("at", "version").to_dicts()
