"""A run and what was measured in it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from lakehouse import __version__
from lakehouse.ml.inputs import Input

LIBRARIES = (
    "duckdb",
    "implicit",
    "lightgbm",
    "numpy",
    "polars",
    "pyiceberg",
    "scikit-learn",
    "scipy",
    "skops",
    "statsforecast",
)

Parameters = Mapping[str, Any]


@dataclass(frozen=True)
class Metric:
    """A measured value, with its 95 % interval and the baseline's value where there are any."""

    model: str
    slice: str
    name: str
    value: float
    low: float | None = None
    high: float | None = None
    baseline: str | None = None
    baseline_value: float | None = None


@dataclass(frozen=True)
class Run:
    """The record of a run. `outputs` maps each table written to its snapshot.

    It read what was dated up to `as_of`, the newest line being `last_order_line_id`.
    """

    run_id: str
    task: str
    status: str
    started_at: datetime
    seconds: float
    seed: int
    parameters: Parameters
    inputs: tuple[Input, ...]
    outputs: Mapping[str, int]
    code_version: str
    libraries: Mapping[str, str]
    artifact: str | None = None
    artifact_sha256: str | None = None
    error: str | None = None
    last_order_line_id: int | None = None
    metrics: tuple[Metric, ...] = field(default=())

    @property
    def as_of(self) -> datetime:
        """The moment it took for now."""
        return datetime.fromisoformat(str(self.parameters["as_of"]))

    @property
    def asked(self) -> Parameters:
        """What was asked of its task."""
        return {k: v for k, v in self.parameters.items() if k != "as_of"}


@cache
def code_version() -> str:
    """The package's version and a hash of the models' source: either changes, results may."""
    digest = hashlib.sha256()
    folder = Path(__file__).parents[1]
    for file in sorted(folder.rglob("*.py")):
        digest.update(file.relative_to(folder).as_posix().encode())
        digest.update(file.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:12]}"


@cache
def library_versions() -> Mapping[str, str]:
    """The versions of the libraries that compute."""
    return {name: version(name) for name in LIBRARIES}
