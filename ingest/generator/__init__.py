"""Logs of the servers of Cadabra, an online shop, that mean something.

Order logs in the columns of the UCI Online Retail data, with its statistics, and the web access
logs of the same customers. Everything follows from a seed: any day can be made alone.
"""

from pathlib import Path

from ingest.generator.generation import Generated, generate
from ingest.generator.live import Pace, Written, follow
from ingest.generator.server_logs import ACCESS, ORDERS, SERVER_LOGS, ServerLog
from lakehouse.config import GenerateSettings
from lakehouse.progress import SILENT, Progress

__all__ = [
    "ACCESS",
    "ORDERS",
    "SERVER_LOGS",
    "Generated",
    "Pace",
    "ServerLog",
    "Written",
    "follow",
    "generate",
    "generate_orders",
]


def generate_orders(
    settings: GenerateSettings, folder: Path, progress: Progress = SILENT
) -> list[Path]:
    """The order logs, one CSV file per trading day, oldest first; see `generate`."""
    return generate(ORDERS, settings, folder, progress).files
