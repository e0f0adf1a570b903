"""Recording: a task runs, and what it did becomes a run."""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_hex

import polars as pl

from lakehouse.errors import ModelError
from lakehouse.ml.inputs import Input, read_lines
from lakehouse.ml.lake import NAMESPACE, WRITER, Lake
from lakehouse.ml.runs.record import Metric, Parameters, Run, code_version, library_versions
from lakehouse.ml.runs.store import save

SEED = 7


@dataclass(frozen=True)
class Plan:
    """What a run is to do: enough to do it again."""

    task: str
    inputs: tuple[Input, ...]
    parameters: Parameters
    as_of: datetime
    seed: int = SEED


@dataclass
class Recording:
    """A run under way: tables go through `publish`, so that their rows carry its id.

    A `dry` one computes and measures, and leaves nothing behind.
    """

    lake: Lake
    plan: Plan
    run_id: str
    metrics: list[Metric] = field(default_factory=list)
    outputs: dict[str, int] = field(default_factory=dict)
    artifact: str | None = None
    artifact_sha256: str | None = None
    last_order_line_id: int | None = None
    dry: bool = False

    def read_lines(self) -> pl.DataFrame:
        """The order lines of the plan, as `inputs.read_lines` gives them."""
        lines = read_lines(self.lake, self.plan.inputs, self.plan.as_of)
        self.last_order_line_id = lines["order_line_id"][-1]
        return lines

    def publish(self, name: str, frame: pl.DataFrame, doc: str) -> None:
        """Make `frame`, with the run's id, the content of `ml.<name>`."""
        if self.dry:
            return
        stamped = frame.with_columns(pl.lit(self.run_id).alias("run_id"))
        snapshot = self.lake.replace(name, stamped, doc=doc, notes={WRITER: self.run_id})
        self.outputs[f"{NAMESPACE}.{name}"] = snapshot

    def keep_model(self, file_name: str, content: bytes) -> None:
        """Keep the model file, and its hash."""
        if self.dry:
            return
        folder = self.lake.models / self.run_id
        folder.mkdir(parents=True, exist_ok=True)
        (folder / file_name).write_bytes(content)
        self.artifact = f"{self.run_id}/{file_name}"
        self.artifact_sha256 = hashlib.sha256(content).hexdigest()

    def as_run(self, started: datetime, seconds: float, error: str | None = None) -> Run:
        """The record of what was done so far."""
        plan = self.plan
        return Run(
            run_id=self.run_id,
            task=plan.task,
            status="failed" if error else "finished",
            started_at=started,
            seconds=seconds,
            seed=plan.seed,
            parameters={**plan.parameters, "as_of": plan.as_of.isoformat()},
            inputs=plan.inputs,
            outputs=dict(self.outputs),
            code_version=code_version(),
            libraries=dict(library_versions()),
            artifact=self.artifact,
            artifact_sha256=self.artifact_sha256,
            error=error,
            last_order_line_id=self.last_order_line_id,
            metrics=tuple(self.metrics),
        )


@contextmanager
def recorded(lake: Lake, plan: Plan, clock: Callable[[], datetime]) -> Iterator[Recording]:
    """Run the block as a run of `plan`; its record is saved when it ends, well or not.

    What the model can't do is recorded with its message, and raised on. What the catalog or the
    machine refuses says nothing about the model, and leaves no record.
    """
    started, watch = clock(), time.monotonic()
    run_id = f"{plan.task}-{started:%Y%m%dT%H%M%S}-{token_hex(2)}"
    recording = Recording(lake, plan, run_id)

    def record(error: str | None) -> None:
        save(lake, recording.as_run(started, time.monotonic() - watch, error))

    try:
        yield recording
    except ModelError as e:
        record(e.message)
        raise
    record(None)
