"""Generated order logs, landed: the sound lines are all there, the spoiled ones are refused."""

import csv
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

from ingest import land_orders
from ingest.generator import ORDERS, generate
from lakehouse.config import GenerateSettings, Settings
from tests.order_logs import Lake

# Enough spoiled lines that every kind of them occurs.
SPOILED = GenerateSettings(start=date(2025, 6, 1), days=10, bad_lines=0.02)


def test_every_sound_line_lands_and_every_spoiled_one_is_refused(settings: Settings) -> None:
    sound, spoiled = settings.home / "sound", settings.home / "spoiled"
    generate(ORDERS, SPOILED.model_copy(update={"bad_lines": 0}), sound)
    generate(ORDERS, SPOILED, spoiled)
    lake = Lake(settings)
    report = land_orders(spoiled, lake.catalog, settings)
    assert report.lines == _count(spoiled)
    assert report.landed == _count(sound)
    assert sum(report.rejected.values()) == _count(spoiled) - _count(sound) > 150
    assert report.rejected.keys() == {
        "unbalanced_quotes",
        "wrong_column_count",
        "missing_stock_code",
        "bad_quantity",
        "bad_date",
        "bad_price",
        "nul_byte",
    }
    landed = Counter(
        (row["invoice_no"], row["stock_code"], row["description"], row["quantity"])
        for row in lake.rows()
    )
    assert landed == _lines(sound)
    revenue = sum(row["quantity"] * row["unit_price"] for row in lake.rows())
    assert revenue == _revenue(sound)


def _count(folder: Path) -> int:
    return sum(file.read_bytes().count(b"\n") - 1 for file in folder.iterdir())


def _rows(folder: Path) -> list[dict[str, str]]:
    rows = []
    for file in folder.iterdir():
        with file.open(encoding="utf-8", newline="") as lines:
            rows += csv.DictReader(lines)
    return rows


def _lines(folder: Path) -> Counter[tuple[str, str, str | None, int]]:
    return Counter(
        (row["InvoiceNo"], row["StockCode"], row["Description"] or None, int(row["Quantity"]))
        for row in _rows(folder)
    )


def _revenue(folder: Path) -> Decimal:
    return sum(
        (int(row["Quantity"]) * Decimal(row["UnitPrice"]) for row in _rows(folder)), Decimal(0)
    )
