"""The landing step of a build: order logs, and the access logs of the same shop."""

from dataclasses import dataclass, field
from pathlib import Path

from pyiceberg.catalog import Catalog

from ingest import LandingReport, land_logs
from ingest.bookmark_changes import ensure_changes
from ingest.generator import ACCESS, generate, generate_orders
from ingest.opening import landing_table
from lakehouse.config import Settings
from lakehouse.errors import LockedError
from lakehouse.progress import Progress
from lakehouse.stream_settings import ACCESS_LOGS, ORDERS
from lakehouse.tables.creation import ensure_table


@dataclass
class Landings:
    """What was landed, by stream, and what was left to other ingesters: why, by stream."""

    reports: dict[str, LandingReport] = field(default_factory=dict)
    left: dict[str, str] = field(default_factory=dict)


def generated_logs(settings: Settings) -> Path:
    """Where the order logs lie that a build without a source generates."""
    return settings.logs / "orders"


def generate_logs(settings: Settings, progress: Progress) -> None:
    """Write the order logs and the access logs of the example shop."""
    generate_orders(settings.generate, generated_logs(settings), progress)
    generate(ACCESS, settings.generate, settings.logs / ACCESS.name, progress)


def land(source: Path | None, catalog: Catalog, settings: Settings, progress: Progress) -> Landings:
    """Land the order logs of `source`, or (None) all that is generated.

    A stream that another process follows is left to it, unless it was to land `source`: that
    raises LockedError. The tables of both streams are there afterwards, maybe empty.
    """
    landings = Landings()
    for name in (ORDERS, ACCESS_LOGS):
        table = landing_table(settings.streams[name])
        ensure_table(catalog, table.identifier, table.schema, table.spec)
    ensure_changes(catalog)
    if source is not None:
        landings.reports[ORDERS] = land_logs(ORDERS, source, catalog, settings, progress)
        return landings
    folders = {ORDERS: generated_logs(settings), ACCESS_LOGS: settings.logs / ACCESS.name}
    for name, folder in folders.items():
        try:
            landings.reports[name] = land_logs(name, folder, catalog, settings, progress)
        except LockedError as e:
            landings.left[name] = e.message
    return landings
