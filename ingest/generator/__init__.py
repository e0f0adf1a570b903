"""Logs of the servers of Cadabra, an online shop, in the columns of the UCI Online Retail data."""

from datetime import timedelta
from pathlib import Path

from ingest.generator.day_files import prepare_folder, write_day
from ingest.generator.order_log import csv_text, order_lines
from ingest.generator.seasons import is_open
from ingest.generator.shop import open_shop
from lakehouse.config import GenerateSettings
from lakehouse.progress import SILENT, Progress

__all__ = ["generate_orders"]


def generate_orders(
    settings: GenerateSettings, folder: Path, progress: Progress = SILENT
) -> list[Path]:
    """The order logs, one CSV file per trading day, oldest first.

    A day depends on the seed and its date alone. A file that already holds its day is left
    alone, so an interrupted run goes on. Raises MachineError when the folder can't be written.
    """
    prepare_folder(folder)
    shop = open_shop(settings.seed)
    days = [settings.start + timedelta(days=n) for n in range(settings.days)]
    files = []
    with progress.task("generate order logs", total=len(days)) as task:
        for day in days:
            if is_open(day):
                file = folder / f"orders-{day}.csv"
                write_day(file, csv_text(order_lines(shop, settings, day)))
                files.append(file)
            task.advance(1)
    return files
