"""Lineage: from a run back to the snapshots it read, their files, and the lines of the logs."""

from dataclasses import dataclass
from datetime import UTC, datetime

from lakehouse.errors import ModelError
from lakehouse.ml.inputs import ORDER_LINES
from lakehouse.ml.lake import Lake, qualified
from lakehouse.ml.runs.record import Run

LINES_SHOWN = 1000


@dataclass(frozen=True)
class Source:
    """A table as it was read: the snapshot, when it was made, and its data files."""

    table: str
    snapshot_id: int
    committed_at: datetime
    files: tuple[str, ...]
    rows: int


@dataclass(frozen=True)
class LogFile:
    """A log and how many of its lines stood in what was read."""

    name: str
    lines: int
    first_line: int
    last_line: int


@dataclass(frozen=True)
class LogLine:
    """One line of a log that a prediction goes back to."""

    source_file: str
    source_line: int
    order_id: str
    product_id: str
    ordered_at: datetime
    quantity: int


@dataclass(frozen=True)
class Lineage:
    """Where a run came from; `lines` only when a customer or a product was asked about."""

    run: Run
    sources: tuple[Source, ...]
    logs: tuple[LogFile, ...]
    lines: tuple[LogLine, ...]


def trace(
    lake: Lake, run: Run, *, customer_id: str | None = None, product_id: str | None = None
) -> Lineage:
    """The lineage of a run, or of what it says of a customer, a product, or both.

    Raises ModelError when an input was expired.
    """
    sources = tuple(_source(lake, source.table, source.snapshot_id) for source in run.inputs)
    logged = next(source for source in sources if source.table == ORDER_LINES)
    lines: tuple[LogLine, ...] = ()
    if customer_id is not None or product_id is not None:
        asked = {"customer_id": customer_id, "product_id": product_id}
        lines = tuple(_lines(lake, logged, asked))
    return Lineage(run, sources, tuple(_logs(lake, logged)), lines)


def _source(lake: Lake, name: str, snapshot_id: int) -> Source:
    table = lake.table(name)
    snapshot = table.snapshot_by_id(snapshot_id)
    if snapshot is None:
        raise ModelError(
            f"snapshot {snapshot_id} of {name} was expired", hint="its lineage went with it"
        )
    tasks = list(table.scan(snapshot_id=snapshot_id).plan_files())
    return Source(
        name,
        snapshot_id,
        datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC).replace(tzinfo=None),
        tuple(sorted(task.file.file_path for task in tasks)),
        sum(task.file.record_count for task in tasks),
    )


def _logs(lake: Lake, source: Source) -> list[LogFile]:
    rows = lake.query(
        "select source_file, count(*), min(source_line), max(source_line)"
        f" from {qualified(source.table)} at (version => {source.snapshot_id})"
        " group by 1 order by 1"
    ).rows()
    return [LogFile(*row) for row in rows]


def _lines(lake: Lake, source: Source, asked: dict[str, str | None]) -> list[LogLine]:
    wanted = {column: value for column, value in asked.items() if value is not None}
    where = " and ".join(f"{column} = ?" for column in wanted)
    rows = lake.query(
        "select source_file, source_line, order_id, product_id, ordered_at, quantity"
        f" from {qualified(source.table)} at (version => {source.snapshot_id})"
        f" where {where} order by order_line_id limit {LINES_SHOWN}",
        list(wanted.values()),
    ).rows()
    return [LogLine(*row) for row in rows]
