"""The steps of `lakehouse build`: order, what each needs, and how long each took."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lakehouse.catalog import open_catalog
from lakehouse.config import Settings
from lakehouse.locks import home_lock
from lakehouse.pipeline.landing import Landings, generate_logs, generated_logs, land
from lakehouse.pipeline.maintenance import MaintenanceReport, keep_in_order
from lakehouse.pipeline.models import ModelsReport, compute_models
from lakehouse.pipeline.warehouse import NodeOutcome, WarehouseReport, build_warehouse
from lakehouse.progress import SILENT, Progress
from lakehouse.query.build_notes import NodeNote, note_build


@dataclass(frozen=True)
class BuildReport:
    """What a build did: its source, what each step brought, and seconds by step, in order.

    `models` is None when none were asked for, or the warehouse they learn from failed.
    """

    source: Path
    generated: bool
    landing: Landings
    warehouse: WarehouseReport
    models: ModelsReport | None
    maintenance: MaintenanceReport
    seconds: dict[str, float]


def build(  # noqa: PLR0913 - what the flags of the command say
    settings: Settings,
    source: Path | None,
    clock: Callable[[], datetime],
    progress: Progress = SILENT,
    *,
    models: bool = True,
    full_refresh: bool = False,
) -> BuildReport:
    """Land the order logs of `source`, build the marts from them, then the models.

    Without a source, generate a year of the shop's logs, and land its access logs too. Marts that
    read nothing new are left out, unless a `full_refresh` asks for all of them.

    `clock` gives the time in UTC, without a zone: the models believe no line that is dated later.

    Each step goes on where an interrupted one stopped, and lands or changes nothing twice.

    Raises LockedError when another build is under way, and the SourceError, CatalogError or
    MachineError of a step; a failing dbt model, data test or task of the models is in the report,
    not raised, so that what did work is told too.
    """
    with home_lock(settings.home, "build", "building in"):
        watch = _Stopwatch()
        logs = source or generated_logs(settings)
        if source is None:
            generate_logs(settings, progress)
            watch.lap("generate")
        with open_catalog(settings) as catalog:
            landing = land(source, catalog, settings, progress)
        watch.lap("land")
        warehouse = build_warehouse(settings, progress, full_refresh=full_refresh)
        watch.lap("warehouse")
        computed = None
        if models and not warehouse.failures:
            computed = compute_models(settings, clock, progress)
            watch.lap("models")
        nodes = [*warehouse.nodes, *(computed.tests if computed else ())]
        note_build(settings.home, clock(), map(_noted, nodes))
        kept = keep_in_order(settings, clock, progress)
        watch.lap("maintenance")
    return BuildReport(logs, source is None, landing, warehouse, computed, kept, watch.laps)


def _noted(node: NodeOutcome) -> NodeNote:
    return NodeNote(node.name, node.kind, node.status, node.seconds, node.message)


class _Stopwatch:
    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.monotonic()

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.laps[name] = now - self._last
        self._last = now
