"""Withdrawal: tables in which a data test found fault give way to the last good ones."""

from collections.abc import Callable, Mapping
from datetime import datetime

from lakehouse.ml.lake import Lake, alone
from lakehouse.ml.runs import registry, store
from lakehouse.ml.runs.registry import Version


def withdraw(lake: Lake, faulty: Mapping[str, str], clock: Callable[[], datetime]) -> list[Version]:
    """Put back the version before, of each task whose table is `faulty` (table to test).

    A version that a person promoted stays, and so does one without another before it whose tables
    are still kept. Returns the versions that are in production again.

    Raises LockedError when another process changes models.
    """
    with alone(lake):
        restored = []
        for version in registry.versions(lake):
            if version.stage != "production" or version.reason != registry.LATEST:
                continue
            outputs = store.find(lake, version.run_id).outputs
            tests = sorted({faulty[table] for table in outputs if table in faulty})
            earlier = _last_kept(lake, version) if tests else None
            if earlier is not None:
                fault = f"failed {', '.join(tests)}"
                run = store.find(lake, earlier.run_id)
                reason = f"version {version.version} {fault}"
                restored.append(registry.promote(lake, run, reason, clock))
                registry.withdraw(lake, version, fault, clock)
        return restored


def _last_kept(lake: Lake, version: Version) -> Version | None:
    for earlier in reversed(registry.versions(lake, version.task)):
        if earlier.version < version.version and earlier.stage == "retired":
            outputs = store.find(lake, earlier.run_id).outputs
            if all(lake.keeps(table, snapshot) for table, snapshot in outputs.items()):
                return earlier
    return None
