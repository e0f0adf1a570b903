"""Logs of the past: one file a day."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

from ingest.generator.day_files import prepare_folder, write_day
from ingest.generator.server_logs import ServerLog
from ingest.generator.weeks import Weeks, monday_of
from lakehouse.config import GenerateSettings
from lakehouse.progress import SILENT, Progress


@dataclass(frozen=True)
class Generated:
    """The files of all days, oldest first; how many had to be written; lines with headers."""

    files: list[Path]
    written: int
    lines: int
    bytes: int


def generate(
    log: ServerLog, settings: GenerateSettings, folder: Path, progress: Progress = SILENT
) -> Generated:
    """Write the log of every day from `settings.start` on that has one.

    A file that already holds its day is left alone, so an interrupted run goes on. Raises
    MachineError when the folder can't be written.
    """
    prepare_folder(folder)
    weeks = Weeks(settings)
    files: list[Path] = []
    written = lines = size = 0
    with progress.task(f"generate {log.name} logs", total=settings.days) as task:
        for monday, days in groupby(_days(settings), monday_of):
            texts = log.texts(settings, weeks.of(monday))
            for day in days:
                task.advance(1)
                if day not in texts:
                    continue
                files.append(folder / f"{log.name}-{day}{log.suffix}")
                text = log.header + texts[day]
                written += write_day(files[-1], text)
                lines += text.count(b"\n")
                size += len(text)
    return Generated(files, written, lines, size)


def _days(settings: GenerateSettings) -> list[date]:
    return [settings.start + timedelta(days=n) for n in range(settings.days)]
