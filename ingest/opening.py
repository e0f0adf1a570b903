"""A declared stream, opened: its settings become a format, a table and a destination."""

from collections.abc import Callable

from pyiceberg.catalog import Catalog

from ingest.delivery import DeliveryStream
from ingest.landing import OpenStream
from ingest.order_format import OrderLogs
from ingest.records import RecordFormat
from lakehouse.config import Settings
from lakehouse.errors import ConfigError
from lakehouse.stream_settings import StreamSettings
from lakehouse.tables.landing import ORDER_LINES_TABLE, LandingTable


def stream_settings(name: str, settings: Settings) -> StreamSettings:
    """The stream of that name. Raises ConfigError when none is declared."""
    if name not in settings.streams:
        hint = f"there are: {', '.join(settings.streams)}"
        raise ConfigError(f"no stream {name!r}", hint=hint)
    return settings.streams[name]


def open_stream(
    name: str,
    stream: StreamSettings,
    catalog: Catalog,
    reached: Callable[[str], None] = lambda _: None,
) -> OpenStream:
    """The stream, ready to be landed; its table is made when the catalog does not have it.

    `reached` is told the steps of a delivery. Raises CatalogError when its bookmark is lost.
    """
    destination = DeliveryStream(name, catalog, landing_table(stream), reached)
    return OpenStream(name, record_format(stream), destination)


def record_format(stream: StreamSettings) -> RecordFormat:
    """What the logs of the stream are written in."""
    return OrderLogs()


def landing_table(stream: StreamSettings) -> LandingTable:
    """The table that the stream lands in, as it is when it is made."""
    return LandingTable(
        stream.identifier,
        ORDER_LINES_TABLE.schema,
        ORDER_LINES_TABLE.spec,
        runs=ORDER_LINES_TABLE.runs,
    )
