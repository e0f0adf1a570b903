"""A declared stream, opened: its settings become a format, a table and a destination."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Event

from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from ingest.access_format import AccessLogs
from ingest.archive import Archive
from ingest.bookmarks import Checkpoint, fingerprint
from ingest.clocks import utc_now
from ingest.csv_format import CsvLines
from ingest.declared_columns import declared_schema, declared_table
from ingest.delivery import DeliveryStream, Standing
from ingest.json_format import JsonLines
from ingest.landing import OpenStream
from ingest.ledger import Ledger
from ingest.objects.opening import keeps_source, object_layout, object_outputs
from ingest.objects.target import ObjectTarget
from ingest.order_format import OrderLogs
from ingest.record_schema import RecordSchema, normal
from ingest.records import RecordFormat
from ingest.routed_opening import (
    RoutedFormat,
    RoutedTable,
    keyed_table,
    keyed_target,
    router,
)
from ingest.survey import Forgetting
from ingest.targets import TableTarget, Target
from ingest.text_format import TextLines
from ingest.transforms.functions import CommandFunction, Function, Limits, PythonFunction
from ingest.transforms.processes import pause
from ingest.transforms.step import TransformStep
from ingest.transforms.transform import Patience, Transform
from lakehouse.config import Settings
from lakehouse.errors import ConfigError
from lakehouse.output_settings import TransformSettings
from lakehouse.stream_settings import StreamSettings
from lakehouse.tables.checkpoints import highest_sequence, read_checkpoint
from lakehouse.tables.creation import ensure_table
from lakehouse.tables.expiry import History, delivery_history
from lakehouse.tables.landing import (
    ACCESS_LOGS_TABLE,
    ORDER_LINES_TABLE,
    REJECTS,
    REJECTS_SCHEMA,
    LandingTable,
)
from lakehouse.tables.ops import OBJECTS, OBJECTS_SCHEMA
from lakehouse.tables.parquet_layout import Encodings


def stream_settings(name: str, settings: Settings) -> StreamSettings:
    """The stream of that name. Raises ConfigError when none is declared."""
    if name not in settings.streams:
        hint = f"there are: {', '.join(settings.streams)}"
        raise ConfigError(f"no stream {name!r}", hint=hint)
    return settings.streams[name]


def open_stream(  # noqa: PLR0913, PLR0917 - as in open_destination
    name: str,
    settings: Settings,
    catalog: Catalog,
    reached: Callable[[str], None] = lambda _: None,
    now: Callable[[], datetime] = utc_now,
    stopped: Callable[[], bool] = lambda: False,
) -> OpenStream:
    """The stream, ready to be landed; its table is made when the catalog does not have it.

    `reached` is told the steps of a delivery, `now` tells the time, `stopped` whether transforms
    are waited for no more. To be closed when it is landed no more. Raises CatalogError when its
    bookmark is lost, ConfigError when there is no such stream, or no such transform, StoppedError.
    """
    stream = stream_settings(name, settings)
    hurried = Event()
    with ExitStack() as opened:
        steps: tuple[TransformStep, ...] = ()
        if stream.transform:
            folder = settings.file.parent if settings.file else Path.cwd()
            transform = open_transform(
                name, stream.transform, folder, now, lambda: hurried.is_set() or stopped()
            )
            steps = (TransformStep(opened.enter_context(transform), bool(stream.objects)),)
        history = delivery_history(settings.deliveries)
        format_, destination = open_destination(name, stream, catalog, history, reached, now)
        return OpenStream(
            name,
            format_,
            destination,
            steps,
            keeps_source=keeps_source(stream),
            now=now,
            end=opened.pop_all().close,
            hurry=hurried.set,
            ledger=Ledger(catalog, history),
            forgetting=Forgetting(stream.forget_after, Archive(name, catalog), now),
        )


def open_transform(
    stream: str,
    transform: TransformSettings,
    folder: Path,
    now: Callable[[], datetime],
    stopped: Callable[[], bool],
) -> Transform:
    """The transform of a stream; modules and programs in `folder` are found.

    Raises ConfigError when there is no such function or command.
    """
    function: Function
    limits = Limits(transform.timeout, stopped)
    if transform.python:
        function = PythonFunction(transform.python, folder, limits)
    else:
        function = CommandFunction(transform.command, folder, limits)
    patience = Patience(transform.retries, transform.buffer_size)
    return Transform(stream, function, patience, now, partial(pause, stopped))


def open_destination(  # noqa: PLR0913, PLR0917 - what, where to, how long, and who is told
    name: str,
    stream: StreamSettings,
    catalog: Catalog,
    history: History,
    reached: Callable[[str], None],
    now: Callable[[], datetime],
) -> tuple[RecordFormat, DeliveryStream]:
    """What the stream's records are written in, where they go, and what is written beside.

    Raises CatalogError when the stream's bookmark is lost, ConfigError for a query that is none,
    and where declared columns contradict their table.
    """
    opened = _open_target(name, stream, catalog)
    outputs = object_outputs(name, stream, opened.standing.checkpoint.version, now)
    rejects = ensure_table(catalog, REJECTS, REJECTS_SCHEMA)
    destination = DeliveryStream(opened.standing, opened.target, rejects, outputs, history, reached)
    return opened.format, destination


@dataclass(frozen=True)
class _Opened:
    format: RecordFormat
    target: Target
    standing: Standing


def _open_target(name: str, stream: StreamSettings, catalog: Catalog) -> _Opened:
    if stream.objects:
        table = ensure_table(catalog, OBJECTS, OBJECTS_SCHEMA)
        standing = _standing(name, stream, table)
        layout = object_layout(name, stream, standing.checkpoint.version)
        return _Opened(
            TextLines(escaped=bool(stream.transform)), ObjectTarget(table, layout), standing
        )
    if stream.routed:
        routed = {key: _routed_table(name, each, catalog) for key, each in stream.routed.items()}
        keyed = {key: keyed_table(each) for key, each in routed.items()}
        target = keyed_target(catalog, stream, keyed)
        formats = RoutedFormat(router(stream), routed, _declared_format)
        return _Opened(formats, target, _standing(name, stream, target.tables[-1]))
    table, encodings = _table(stream, catalog)
    format_ = record_format(name, stream, table)
    return _Opened(format_, TableTarget(table, encodings), _standing(name, stream, table))


def checkpoint_table(name: str, stream: StreamSettings, catalog: Catalog) -> Table:
    """The table whose snapshots carry the stream's checkpoints, made when it is not there."""
    return _open_target(name, stream, catalog).target.tables[-1]


def _standing(name: str, stream: StreamSettings, table: Table) -> Standing:
    """Where the stream stands, by the table that carries its checkpoint."""
    base = read_checkpoint(table.metadata, name)
    changeable = stream.model_dump_json(exclude={"source", "forget_after"}, exclude_defaults=True)
    highest = highest_sequence(table.metadata, name)
    checkpoint = Checkpoint.from_json(base, highest).configured(fingerprint(changeable.encode()))
    return Standing(name, base, checkpoint)


def record_format(name: str, stream: StreamSettings, table: Table) -> RecordFormat:
    """What the logs of the stream are written in, whose records go to the table.

    Raises ConfigError where the declared columns contradict the table.
    """
    if stream.format == "orders":
        return OrderLogs()
    if stream.format == "access_log":
        return AccessLogs()
    return _declared_format(stream, declared_schema(name, stream, table))


def _declared_format(stream: StreamSettings, schema: RecordSchema) -> RecordFormat:
    if stream.format == "json":
        return JsonLines(schema)
    fields = tuple(normal(each.field or column) for column, each in stream.columns.items())
    return CsvLines(schema, fields, stream.delimiter, stream.header)


def suffixes(stream: StreamSettings) -> tuple[str, ...]:
    """What the files end with, without .gz, that count in a folder of the stream."""
    match stream.format:
        case "orders":
            return OrderLogs.suffixes
        case "access_log":
            return AccessLogs.suffixes
        case "csv":
            return CsvLines.suffixes
        case "json":
            return JsonLines.suffixes
        case "text":
            return TextLines.suffixes


def landing_table(stream: StreamSettings) -> LandingTable:
    """The table that the stream lands in, as it is when it is made."""
    built_in = {"orders": ORDER_LINES_TABLE, "access_log": ACCESS_LOGS_TABLE}
    if stream.format in built_in:
        return replace(built_in[stream.format], identifier=stream.identifier)
    return declared_table(stream)


def _table(stream: StreamSettings, catalog: Catalog) -> tuple[Table, Encodings]:
    made = landing_table(stream)
    table = ensure_table(catalog, made.identifier, made.schema, made.spec)
    return table, made.encodings


def _routed_table(name: str, stream: StreamSettings, catalog: Catalog) -> RoutedTable:
    table, encodings = _table(stream, catalog)
    return RoutedTable(stream, table, declared_schema(name, stream, table), encodings)
