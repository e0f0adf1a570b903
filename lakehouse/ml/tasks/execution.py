"""Tasks by name: run one, run what is due, run one again from its record."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pyiceberg.catalog import Catalog

from lakehouse.config import Settings
from lakehouse.errors import LakehouseError, ModelError
from lakehouse.ml.inputs import current_inputs
from lakehouse.ml.lake import Lake, alone, machine_refused, open_lake
from lakehouse.ml.runs import registry, store
from lakehouse.ml.runs.record import Metric, Parameters, Run, code_version
from lakehouse.ml.runs.recording import SEED, Plan, Recording, recorded
from lakehouse.ml.tasks import customers, forecast, quantity, recommend, unusual
from lakehouse.progress import SILENT, Progress

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Task:
    """What runs, and the class of what may be asked of it."""

    run: Callable[[Recording, Any, Progress], None]
    request: type[Any]


TASKS: Mapping[str, Task] = {
    recommend.TASK: Task(recommend.recommend, recommend.Request),
    forecast.TASK: Task(forecast.forecast, forecast.Request),
    quantity.TASK: Task(quantity.quantity, quantity.Request),
    customers.RETURNS_TASK: Task(customers.returns, customers.Request),
    customers.MOVES_TASK: Task(customers.moves, customers.Request),
    customers.SEGMENTS_TASK: Task(customers.segments, customers.Request),
    unusual.TASK: Task(unusual.unusual, unusual.Request),
}
"""Every task, in the order of a build."""


@dataclass(frozen=True)
class Outcome:
    """What became of a task in a build: a run, an error, or neither when nothing was due.

    A ModelError says that there is too little to learn from; any other error is a failure.
    """

    task: str
    run: Run | None
    error: Exception | None = None

    @property
    def failed(self) -> bool:
        """Whether the catalog or the machine refused, or this project has a bug."""
        return self.error is not None and not isinstance(self.error, ModelError)


@dataclass(frozen=True)
class Repetition:
    """A run and its repetition: `differing` are the metrics that came out otherwise."""

    original: Run
    again: Run
    differing: tuple[tuple[Metric, Metric | None], ...]


def execute(
    lake: Lake,
    task: str,
    request: object,
    clock: Clock,
    progress: Progress = SILENT,
) -> Run:
    """Run a task on the inputs as they are, register it, and put it into production.

    Raises ModelError for what the task can't do, CatalogError and MachineError for what the
    catalog or the machine refuses.
    """
    with alone(lake):
        registry.settle(lake)
        return _execute(lake, task, request, clock, progress)


def recipe(lake: Lake, task: str) -> object:
    """What the run in production was asked for; the defaults where there is none.

    So what somebody promoted is learned anew from new inputs, and not replaced by another model.
    """
    version = registry.production(lake, task)
    if version is None:
        return TASKS[task].request()
    try:
        return _request(task, store.find(lake, version.run_id).asked)
    except ModelError:  # it is of other code, which took other parameters
        return TASKS[task].request()


def execute_due(lake: Lake, clock: Clock, progress: Progress = SILENT) -> list[Outcome]:
    """Run the tasks whose inputs or code changed, each by the recipe in production.

    A task that has too little to learn from, or fails, says so; the others go on.

    Raises LockedError when another process is at it, CatalogError when what an interrupted run
    left behind can't be put right.
    """
    with alone(lake):
        registry.settle(lake)
        return [_brought_up(lake, name, clock, progress) for name in TASKS]


def build_models(
    settings: Settings, clock: Clock, progress: Progress = SILENT, draft: Catalog | None = None
) -> list[Outcome]:
    """Every task that is due, on the lake of this home or on its `draft`.

    Raises what `open_lake` and `execute_due` raise.
    """
    with open_lake(settings, draft) as lake:
        return execute_due(lake, clock, progress)


def due(lake: Lake, task: str, request: object) -> bool:
    """Whether the request is another one than in production, or its inputs or code changed.

    Who rolled back from what was learned of these inputs does not want it learned again: any run
    that was promoted once will do.
    """
    if registry.production(lake, task) is None or request != recipe(lake, task):
        return True
    promoted = {v.run_id for v in registry.versions(lake, task) if v.stage != "candidate"}
    runs = (run for run in store.runs(lake, task, "finished") if run.run_id in promoted)
    return not any(_answers(lake, run, request) for run in runs)


def _brought_up(lake: Lake, task: str, clock: Clock, progress: Progress) -> Outcome:
    try:
        request = recipe(lake, task)
        if not due(lake, task, request):
            return Outcome(task, None)
        if (refusal := _refusal(lake, task, request, clock())) is not None:
            return Outcome(task, None, refusal)
        return Outcome(task, _execute(lake, task, request, clock, progress))
    except Exception as e:  # noqa: BLE001 - whoever asked is told, after the other tasks had their turn
        return Outcome(task, None, e)


def _refusal(lake: Lake, task: str, request: object, now: datetime) -> ModelError | None:
    """What the model said when it was last asked the same, today, of the same lines."""
    last = next(iter(store.runs(lake, task)), None)
    if last is None or last.error is None or not _answers(lake, last, request):
        return None
    return ModelError(last.error) if last.as_of.date() == now.date() else None


def _answers(lake: Lake, run: Run, request: object) -> bool:
    same = run.inputs == current_inputs(lake) and run.code_version == code_version()
    return same and run.asked == _parameters(request)


def repeat(lake: Lake, run: Run, clock: Clock, progress: Progress = SILENT) -> Repetition:
    """Run a recorded run again: the same inputs, parameters, seed and moment.

    Its tables are not published; only the numbers are compared, to one millionth.

    Raises ModelError when an input was expired, or the run had failed.
    """
    if run.status != "finished":
        raise ModelError(f"{run.run_id} had failed: {run.error}", hint="there is nothing to repeat")
    request = _request(run.task, run.asked)
    plan = Plan(run.task, run.inputs, run.asked, run.as_of, run.seed)
    dry = Recording(lake, plan, f"{run.run_id}-again", dry=True)
    started = clock()
    TASKS[run.task].run(dry, request, progress)
    again = dry.as_run(started, (clock() - started).total_seconds())
    return Repetition(run, again, _differing(run.metrics, again.metrics))


def _execute(lake: Lake, task: str, request: object, clock: Clock, progress: Progress) -> Run:
    plan = Plan(task, current_inputs(lake), _parameters(request), clock(), SEED)
    try:
        with machine_refused(), recorded(lake, plan, clock) as recording:
            TASKS[task].run(recording, request, progress)
    except LakehouseError:
        registry.settle(lake, task)  # it may have replaced some of its tables
        raise
    run = store.find(lake, recording.run_id)
    registry.register(lake, run, clock)
    registry.promote(lake, run, registry.LATEST, clock)
    return run


def _parameters(request: object) -> dict[str, Any]:
    asked = asdict(request)  # type: ignore[call-overload]
    return {k: list(v) if isinstance(v, tuple) else v for k, v in asked.items()}


def _request(task: str, asked: Parameters) -> object:
    fields = {k: tuple(v) if isinstance(v, list) else v for k, v in asked.items()}
    try:
        return TASKS[task].request(**fields)
    except TypeError as e:
        raise ModelError(
            f"{task} takes other parameters by now: {e}", hint="repeat it with the code it ran on"
        ) from e


def _differing(
    before: Sequence[Metric], after: Sequence[Metric]
) -> tuple[tuple[Metric, Metric | None], ...]:
    found = {(m.model, m.slice, m.name): m for m in after}
    pairs = [(m, found.get((m.model, m.slice, m.name))) for m in before]
    return tuple(
        (old, new)
        for old, new in pairs
        if new is None or abs(old.value - new.value) > 1e-6 * max(1.0, abs(old.value))
    )
