"""Parsing the other formats, against Arrow's readers straight to the same types.

An order log's lines as JSON and as CSV with declared columns, clean and with a bad line among a
hundred, and read line by line, as all odd ones are.
"""

import json
import time
from collections.abc import Callable

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.json as pa_json

from ingest.csv_format import CsvLines
from ingest.json_format import JsonLines
from ingest.record_schema import Column, RecordSchema
from ingest.records import RecordFormat, RecordParser
from lakehouse.column_specs import parse_type
from lakehouse.tables.declared_types import arrow_type

LINES, ROUNDS, BAD = 50_000, 3, 100
TYPES = {
    "invoice_no": "string", "stock_code": "string", "description": "string", "quantity": "long",
    "invoice_date": "timestamp", "unit_price": "decimal(18, 4)", "country": "string",
}  # fmt: skip


def _row(n: int) -> list[str]:
    date = f"2011-{1 + n % 12:02}-{1 + n % 28:02} 08:26:{n % 60:02}"
    return [f"{536365 + n // 20}", f"P{n % 4000}", f"THING NO {n % 3000}", f"{n % 50}", date,
            f"{n % 90}.25", "United Kingdom"]  # fmt: skip


def _json(row: list[str]) -> str:
    record: dict[str, object] = dict(zip(TYPES, row, strict=True))
    return json.dumps(record | {"quantity": int(row[3]), "unit_price": float(row[5])})


def _seconds(run: Callable[[], object]) -> float:
    """CPU seconds, the least of the rounds."""
    taken = []
    for _ in range(ROUNDS):
        started = time.process_time()
        run()
        taken.append(time.process_time() - started)
    return min(taken)


def main() -> None:
    types = {name: parse_type(type_) for name, type_ in TYPES.items()}
    columns = {name: Column(name, type_) for name, type_ in types.items()}
    arrow = {name: arrow_type(type_) for name, type_ in types.items()}
    json_types = pa.schema(
        [(name, pa.string() if each == pa.large_string() else each) for name, each in arrow.items()]
    )
    options = pa_csv.ConvertOptions(column_types=arrow)
    named = pa_csv.ReadOptions(column_names=list(TYPES), use_threads=False)
    explicit = pa_json.ParseOptions(explicit_schema=json_types)
    rows = [_row(n) for n in range(LINES)]
    _measure(
        "CSV",
        CsvLines(RecordSchema(columns), tuple(columns), header=False),
        [",".join(row) for row in rows],
        lambda text: pa_csv.read_csv(pa.BufferReader(text), named, None, options),
    )
    _measure(
        "JSON",
        JsonLines(RecordSchema(columns)),
        [_json(row) for row in rows],
        lambda text: pa_json.read_json(pa.BufferReader(text), None, explicit),
    )


def _measure(
    name: str, format_: RecordFormat, lines: list[str], limit: Callable[[bytes], object]
) -> None:
    clean = "\n".join([*lines, ""]).encode()
    bad = "\n".join([*("?" if n % BAD == 0 else line for n, line in enumerate(lines)), ""]).encode()
    parser = format_.open_log(b"", name).parser
    if not isinstance(parser, RecordParser):
        raise TypeError(name)
    for what, seconds in {
        "Arrow's reader": _seconds(lambda: limit(clean)),
        "clean": _seconds(lambda: parser.parse(clean)),
        f"{1 / BAD:.0%} bad lines": _seconds(lambda: parser.parse(bad)),
        "line by line": _seconds(lambda: parser.admit(clean)),
    }.items():
        rate = LINES / seconds / 1e3
        print(f"  {name + ', ' + what:<24}{rate:8,.0f} thousand lines a core-second")


if __name__ == "__main__":
    main()
