"""Model files: read back only when they are what the run recorded."""

import hashlib

from lakehouse.errors import ModelError
from lakehouse.ml.lake import Lake
from lakehouse.ml.runs import registry, store
from lakehouse.ml.runs.record import Run


def production_run(lake: Lake, task: str) -> Run:
    """The run in production.

    Raises ModelError when there is none.
    """
    version = registry.production(lake, task)
    if version is None:
        raise ModelError(f"no {task} model is in production", hint=f"run `lakehouse ml {task}`")
    return store.find(lake, version.run_id)


def read_artifact(lake: Lake, run: Run) -> bytes:
    """The model file of a run.

    Raises ModelError when it is missing, or not the one that was recorded.
    """
    if run.artifact is None:
        raise ModelError(f"{run.run_id} has no model file", hint="only quantity and returns have")
    try:
        content = (lake.models / run.artifact).read_bytes()
    except FileNotFoundError as e:
        raise ModelError(f"the model file {run.artifact} is gone", hint="train again") from e
    if hashlib.sha256(content).hexdigest() != run.artifact_sha256:
        raise ModelError(
            f"the model file {run.artifact} is not the recorded one", hint="train again"
        )
    return content
