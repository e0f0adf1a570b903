"""A declared stream, opened: its settings become a format, a table and a destination."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pyiceberg.catalog import Catalog

from ingest.access_format import AccessLogs
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
from ingest.record_schema import normal
from ingest.records import RecordFormat
from ingest.targets import TableTarget, Target
from ingest.text_format import TextLines
from ingest.transforms.functions import CommandFunction, Function, PythonFunction
from ingest.transforms.step import TransformStep
from ingest.transforms.transform import Patience, Transform
from lakehouse.config import Settings
from lakehouse.errors import ConfigError
from lakehouse.output_settings import TransformSettings
from lakehouse.stream_settings import StreamSettings
from lakehouse.tables.arrow_files import Encodings
from lakehouse.tables.checkpoints import highest_sequence, read_checkpoint
from lakehouse.tables.creation import ensure_table
from lakehouse.tables.landing import (
    ACCESS_LOGS_TABLE,
    ORDER_LINES_TABLE,
    REJECTS,
    REJECTS_SCHEMA,
    LandingTable,
)
from lakehouse.tables.ops import OBJECTS, OBJECTS_SCHEMA


def stream_settings(name: str, settings: Settings) -> StreamSettings:
    """The stream of that name. Raises ConfigError when none is declared."""
    if name not in settings.streams:
        hint = f"there are: {', '.join(settings.streams)}"
        raise ConfigError(f"no stream {name!r}", hint=hint)
    return settings.streams[name]


def open_stream(
    name: str,
    settings: Settings,
    catalog: Catalog,
    reached: Callable[[str], None] = lambda _: None,
    now: Callable[[], datetime] = utc_now,
) -> OpenStream:
    """The stream, ready to be landed; its table is made when the catalog does not have it.

    `reached` is told the steps of a delivery, `now` tells the time. To be closed when it is landed
    no more. Raises CatalogError when its bookmark is lost, ConfigError when there is no such
    stream, or no such transform.
    """
    stream = stream_settings(name, settings)
    with ExitStack() as opened:
        steps: tuple[TransformStep, ...] = ()
        if stream.transform:
            folder = settings.file.parent if settings.file else Path.cwd()
            transform = open_transform(name, stream.transform, folder, now)
            steps = (TransformStep(opened.enter_context(transform)),)
        destination = open_destination(name, stream, catalog, reached, now)
        return OpenStream(
            name,
            record_format(name, stream, catalog),
            destination,
            steps,
            keeps_source=keeps_source(stream),
            now=now,
            end=opened.pop_all().close,
            ledger=Ledger(catalog),
        )


def open_transform(
    stream: str, transform: TransformSettings, folder: Path, now: Callable[[], datetime]
) -> Transform:
    """The transform of a stream; modules and programs in `folder` are found.

    Raises ConfigError when there is no such function or command.
    """
    function: Function
    if transform.python:
        function = PythonFunction(transform.python, folder, transform.timeout)
    else:
        function = CommandFunction(transform.command, folder, transform.timeout)
    patience = Patience(transform.retries, transform.buffer_size)
    return Transform(stream, function, patience, now)


def record_format(name: str, stream: StreamSettings, catalog: Catalog) -> RecordFormat:
    """What the logs of the stream are written in.

    Raises ConfigError where declared columns contradict those of the stream's table.
    """
    if stream.objects:
        return TextLines()
    if stream.format == "orders":
        return OrderLogs()
    if stream.format == "access_log":
        return AccessLogs()
    landing = landing_table(stream)
    table = ensure_table(catalog, landing.identifier, landing.schema, landing.spec)
    schema = declared_schema(name, stream, table)
    if stream.format == "json":
        return JsonLines(schema)
    fields = tuple(normal(each.field or column) for column, each in stream.columns.items())
    return CsvLines(schema, fields, stream.delimiter, stream.header)


def suffixes(stream: StreamSettings) -> tuple[str, ...]:
    """What the files end with, without .gz, that count in a folder of the stream."""
    if stream.objects:
        return TextLines.suffixes
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


def open_destination(
    name: str,
    stream: StreamSettings,
    catalog: Catalog,
    reached: Callable[[str], None],
    now: Callable[[], datetime],
) -> DeliveryStream:
    """Where the stream's records go, and what is written beside.

    Raises CatalogError when the stream's bookmark is lost, ConfigError for a query that is none.
    """
    landing = None if stream.objects else landing_table(stream)
    table = (
        ensure_table(catalog, landing.identifier, landing.schema, landing.spec)
        if landing
        else ensure_table(catalog, OBJECTS, OBJECTS_SCHEMA)
    )
    base = read_checkpoint(table.metadata, name)
    changeable = stream.model_dump_json(exclude={"source"}, exclude_defaults=True)
    highest = highest_sequence(table.metadata, name)
    checkpoint = Checkpoint.from_json(base, highest).configured(fingerprint(changeable.encode()))
    target: Target
    if landing:
        target = TableTarget(table, Encodings(landing.counters, landing.runs))
    else:
        target = ObjectTarget(table, object_layout(name, stream, checkpoint.version))
    return DeliveryStream(
        Standing(name, base, checkpoint),
        target,
        ensure_table(catalog, REJECTS, REJECTS_SCHEMA),
        object_outputs(name, stream, checkpoint.version, now),
        reached,
    )


def landing_table(stream: StreamSettings) -> LandingTable:
    """The table that the stream lands in, as it is when it is made."""
    built_in = {"orders": ORDER_LINES_TABLE, "access_log": ACCESS_LOGS_TABLE}
    if stream.format in built_in:
        return replace(built_in[stream.format], identifier=stream.identifier)
    return declared_table(stream)
