"""Where runs are kept and found again: `ml.runs` and `ml.metrics`."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import polars as pl
import pyarrow as pa
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.schema import Schema

from lakehouse.errors import ModelError
from lakehouse.ml.inputs import Input
from lakehouse.ml.lake import Lake, commit_refused, qualified
from lakehouse.ml.runs.record import Metric, Run
from lakehouse.ml.runs.schemas import METRICS, METRICS_SCHEMA, RUNS, RUNS_SCHEMA
from lakehouse.tables.creation import ensure_table


def append(
    lake: Lake, name: tuple[str, str], schema: Schema, rows: Sequence[dict[str, Any]]
) -> None:
    """Append rows to a table of the runs, which is made when it is missing.

    Raises CatalogError when others kept changing the table.
    """
    table = ensure_table(lake.catalog, name, schema)
    if not set(schema.column_names) <= set(table.schema().column_names):
        with commit_refused(".".join(name)), table.update_schema() as update:
            update.union_by_name(schema)  # a home from before these columns
    if rows:
        arrow = schema_to_pyarrow(schema, include_field_ids=False)
        with commit_refused(".".join(name)):
            table.append(pa.Table.from_pylist(list(rows), schema=arrow))


def save(lake: Lake, run: Run) -> None:
    """Append the run; its metrics first, so that a run that is there is there whole."""
    metrics = [{"run_id": run.run_id, "task": run.task, **asdict(m)} for m in run.metrics]
    append(lake, METRICS, METRICS_SCHEMA, metrics)
    row = {name: getattr(run, name) for name in RUNS_SCHEMA.column_names}
    row |= {
        "parameters": json.dumps(run.parameters, sort_keys=True),
        "inputs": json.dumps([asdict(source) for source in run.inputs]),
        "outputs": json.dumps(run.outputs, sort_keys=True),
        "libraries": json.dumps(run.libraries, sort_keys=True),
    }
    append(lake, RUNS, RUNS_SCHEMA, [row])


def runs(lake: Lake, task: str | None = None, status: str | None = None) -> list[Run]:
    """The runs, the latest first, without their metrics."""
    rows = _rows(lake, RUNS, "order by started_at desc, run_id desc")
    found = (_parse(row) for row in rows)
    return [
        run
        for run in found
        if (task is None or run.task == task) and (status is None or run.status == status)
    ]


def find(lake: Lake, run_id: str) -> Run:
    """The run with this id, or the only one whose id begins so, with its metrics.

    Raises ModelError when there is none, or more than one.
    """
    known = runs(lake)
    hits = [run for run in known if run.run_id == run_id] or [
        run for run in known if run.run_id.startswith(run_id)
    ]
    if len(hits) != 1:
        problem = f"{len(hits)} runs begin with" if hits else "no run"
        raise ModelError(f"{problem} {run_id!r}", hint="`lakehouse ml runs` lists them")
    run = hits[0]
    return Run(**(_fields(run) | {"metrics": tuple(metrics(lake, run.run_id))}))


def metrics(lake: Lake, run_id: str) -> list[Metric]:
    """What was measured in a run."""
    names = ("model", "slice", "name", "value", "low", "high", "baseline", "baseline_value")
    return [
        Metric(**{name: row[name] for name in names})
        for row in _rows(lake, METRICS, "order by slice, name, value")
        if row["run_id"] == run_id
    ]


def latest(lake: Lake, task: str) -> Run | None:
    """The last finished run of a task."""
    return next(iter(runs(lake, task, "finished")), None)


def ranked(lake: Lake, task: str, metric: str) -> pl.DataFrame:
    """Every run's values of a metric, the lowest first (the highest for scores)."""
    rows = _rows(lake, METRICS, "")
    frame = pl.DataFrame(rows, schema=[*METRICS_SCHEMA.column_names], infer_schema_length=None)
    hits = frame.filter(pl.col("task") == task, pl.col("name") == metric)
    if hits.is_empty():
        raise ModelError(
            f"no run of {task!r} has a metric {metric!r}", hint="`lakehouse ml runs RUN` shows them"
        )
    return hits.sort("value", descending=metric not in SMALL_IS_GOOD)


SMALL_IS_GOOD = frozenset({"wape", "mae", "medae", "rmse", "log_loss"})


def _rows(lake: Lake, name: tuple[str, str], tail: str) -> list[dict[str, Any]]:
    if lake.snapshot_id(".".join(name)) is None:
        return []
    return lake.query(f"select * from {qualified('.'.join(name))} {tail}").to_dicts()


def _parse(row: dict[str, Any]) -> Run:
    parsed = {name: json.loads(row[name]) for name in ("parameters", "outputs", "libraries")}
    inputs = tuple(Input(**source) for source in json.loads(row["inputs"]))
    known = {k: v for k, v in row.items() if k in Run.__dataclass_fields__}
    return Run(**(known | parsed | {"inputs": inputs}))


def _fields(run: Run) -> dict[str, Any]:
    return {name: getattr(run, name) for name in Run.__dataclass_fields__}
