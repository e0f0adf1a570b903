"""The logs a server of Cadabra writes: what they are called, begin with and consist of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from ingest.generator.access_log import access_texts, day_of_request
from ingest.generator.order_log import HEADER, day_of_order, order_texts
from ingest.generator.weeks import Week
from lakehouse.config import GenerateSettings


@dataclass(frozen=True)
class ServerLog:
    """One kind of log. `texts` gives the lines of each day of a week, `day_of` a line's day."""

    name: str
    suffix: str
    header: bytes
    texts: Callable[[GenerateSettings, Week], Mapping[date, bytes]]
    day_of: Callable[[bytes], date]


ORDERS = ServerLog("orders", ".csv", HEADER, order_texts, day_of_order)
ACCESS = ServerLog("access", ".log", b"", access_texts, day_of_request)
SERVER_LOGS = {log.name: log for log in (ORDERS, ACCESS)}
