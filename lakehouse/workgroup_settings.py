"""Workgroups: who may ask how much, and where the answers are kept. `[workgroups.NAME]`.

What Athena keeps in a workgroup: the limits of its queries, where their results lie, what may be
written, and what a scan costs.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ByteSize, ConfigDict, Field

from lakehouse.errors import ConfigError, QueryError
from lakehouse.maintenance_settings import Duration

PRIMARY = "primary"
# Athena's rule for the name of a workgroup.
_NAME = re.compile(r"[a-zA-Z0-9._-]{1,128}")
# Athena's least cutoff: below that every query would be charged more than it may scan.
_LEAST_CUTOFF = 10_000_000

# An amount of memory or of a disk, or a share of what there is.
MemoryLimit = Annotated[str, Field(pattern=r"^\d+(\.\d+)?\s*([KMGT]i?B|%)$")]
Dialect = Literal["athena", "duckdb"]


class WorkgroupSettings(BaseModel):
    """A workgroup. What is left out is as `[query]` says.

    A query whose scan would be larger than `scan_cutoff` bytes is refused. `write`: true lets
    statements write, false never does, and without it they write where `--write` asks for it.
    At most `concurrency` queries of the workgroup run at once, in whatever process; the others
    wait, and each has that part of `memory_limit` and `spill_limit`. `reuse` is the
    greatest age of an earlier result that answers the same query again. `price_per_tb` is in
    dollars.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    description: str = ""
    dialect: Dialect | None = None
    scan_cutoff: Annotated[ByteSize, Field(ge=_LEAST_CUTOFF)] | None = None
    timeout: Annotated[float, Field(gt=0)] | None = None
    memory_limit: MemoryLimit | None = None
    spill_limit: MemoryLimit | None = None
    concurrency: Annotated[int, Field(ge=1, le=1000)] | None = None
    result_location: Path | None = None
    write: bool | None = None
    reuse: Duration = timedelta(0)
    price_per_tb: Annotated[float, Field(ge=0)] = 5.0

    def of_one(self, limit: str) -> str:
        """What one query may take of what the workgroup's queries may take together."""
        if self.concurrency is None:
            return limit
        number = limit.rstrip("KMGTiB% ")
        return f"{float(number) / self.concurrency:.6f}{limit.removeprefix(number)}"

    def writes(self, name: str, *, asked: bool) -> bool:
        """Whether a session of the workgroup may write, when that is `asked` for or not.

        Raises QueryError when it is, and may not.
        """
        if asked and self.write is False:
            message = f"PERMISSION_DENIED: workgroup {name!r} may not write"
            raise QueryError(message, hint=f"choose another one, or set [workgroups.{name}] write")
        return asked or self.write is True

    def located(self, root: Path) -> "WorkgroupSettings":
        """The same, with a relative place for results taken from `root`."""
        if self.result_location is None:
            return self
        place = (root / self.result_location.expanduser()).resolve()
        return self.model_copy(update={"result_location": place})


def with_primary(given: Mapping[str, Any]) -> dict[str, Any]:
    """The workgroups as they were given, and `primary`, which there always is."""
    return {PRIMARY: {}, **given}


def check_names(workgroups: Mapping[str, WorkgroupSettings]) -> None:
    """Raise ValueError for a name that Athena would not take."""
    for name in workgroups:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a workgroup: letters, digits, ., _ and -")


def chosen(workgroups: Mapping[str, WorkgroupSettings], name: str) -> WorkgroupSettings:
    """The workgroup of that name. Raises ConfigError when there is none."""
    if name in workgroups:
        return workgroups[name]
    near = get_close_matches(name, workgroups, n=1, cutoff=0.5)
    known = ", ".join(sorted(workgroups))
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {known}"
    raise ConfigError(f"there is no workgroup {name!r}", hint=f"{hint} ([workgroups.{name}])")
