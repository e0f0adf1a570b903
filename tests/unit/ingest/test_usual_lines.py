"""What is read at once is what would have been read line by line."""

import csv
import io
import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import usual_csv, usual_json
from ingest.csv_format import CsvLines
from ingest.json_format import JsonLines
from ingest.record_parser import RecordByRecord
from ingest.record_schema import Column, RecordSchema
from ingest.records import Parsed
from ingest.screening import Block
from lakehouse.column_settings import Contract
from lakehouse.column_specs import parse_type

TYPES = {
    "a": "string",
    "n": "int",
    "m": "long",
    "x": "double",
    "f": "float",
    "p": "decimal(8, 2)",
    "b": "boolean",
    "d": "date",
    "t": "timestamp",
    "z": "timestamptz",
    "l": "list<int>",
}
USUAL = {
    "a": ["x", "", "two words", "é😀", 'say "so"', "a,b", "1.50", "null", "a\\b/c\t"],
    "n": ["0", "6", "-17", "123456789"],
    "m": ["5", "-123456789012345678"],
    "x": ["0", "2.5", "-0.125", "123456789012345.123456789012345", "0.1", "-7"],
    "f": ["0.1", "16777217.0", "-3", "999999999999999"],
    "p": ["0", "1.5", "-123456.78", "0.07"],
    "b": ["true", "false"],
    "d": ["2024-02-28", "1970-01-01", "2099-12-31"],
    "t": ["2024-02-28 23:59:59", "2024-01-31T00:00:00.5Z", "2024-06-30", "2024-01-01T01:02:03.012"],
    "z": ["2024-02-28T23:59:59Z", "2024-02-28 23:59:59"],
    "l": ["", "[1, 2]"],
}  # fmt: skip
ODD = [
    " 6 ", "6.0", "+6", "007", "-0", "-0.0", "1e3", "1E400", "nan", "NaN", "Infinity", "0x1F",
    "9" * 30, "2147483648", "1.505", "True", "TRUE", "1", "t", "2023-02-29", "2024-02-29", "24:00",
    "0001-01-01", "2024-02-29T23:59:59.1234567Z", "2024-03-01T00:30:00+01:30", "2024-02-29T23:59",
    "1709251199", " ", "\u00a0", "much", "-", ".5", "5.", "1_000", "\uff12", "[1", "{}",
]  # fmt: skip
NAMES = st.sampled_from([*TYPES, "N", "new", "Other Key"])
CONTRACTS = st.tuples(st.sampled_from(Contract), st.sampled_from(Contract))
RAW = st.sampled_from(
    ["", "  ", "\t\t", "{", "{}", "[1]", '"', 'a"b', '"a"b,c', '{"n": 1,}', '{"n": 1, "n": 2}',
     '{"q": 1, "q": 2}', '{"N": 1, "n": 2}', '{"a": "\\ud83d"}', '{"a": "\\u00e9"}', "\0", "x\ry",
     '{"n" : 1}', '{"n":1}', ' {"n":1}', '{"n":1} ', '{"a": {"b": [1, 2.50]}}', "é" * 3, "\udcff",
     '{"n":1}{"n":2}', '{"a": "x\ty"}', ","]
)  # fmt: skip


def schema(types: dict[str, str], new: Contract, drift: Contract, required: str) -> RecordSchema:
    columns = {
        name: Column(f"c_{name}", parse_type(type_), name == required, drift)
        for name, type_ in types.items()
    }
    return RecordSchema(columns, new, drift)


def mixed(draw: st.DrawFn, name: str) -> str:
    odd = draw(st.integers(0, 9)) == 0
    return draw(st.sampled_from(ODD if odd or name not in USUAL else USUAL[name]))


def json_value(name: str, text: str) -> object:
    """The text as JSON has it, as well as it goes."""
    if name in {"a", "d", "t", "z"}:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


@st.composite
def json_lines(draw: st.DrawFn) -> list[str]:
    lines = []
    for _ in range(draw(st.integers(1, 8))):
        names = draw(st.lists(NAMES, unique=True))
        record = {name: json_value(name, mixed(draw, name)) for name in names}
        if names and draw(st.booleans()):
            record[draw(st.sampled_from(names))] = None
        separators = draw(st.sampled_from([(",", ":"), (", ", ": ")]))
        ascii_only = draw(st.booleans())
        lines.append(json.dumps(record, separators=separators, ensure_ascii=ascii_only))
    return [*lines, *draw(st.lists(RAW, max_size=2))]


@st.composite
def csv_lines(draw: st.DrawFn) -> tuple[str, list[str]]:
    delimiter = draw(st.sampled_from(",;\t"))
    names = draw(st.lists(st.sampled_from([*TYPES, "new"]), unique=True, min_size=1))
    if not set(names) & set(TYPES):
        names.append("a")
    lines = [delimiter.join(names)]
    for _ in range(draw(st.integers(1, 8))):
        fields = ["" if draw(st.integers(0, 5)) == 0 else mixed(draw, name) for name in names]
        fields = [field.replace("\t", " ") for field in fields]
        text = io.StringIO()
        style = csv.QUOTE_ALL if draw(st.booleans()) else csv.QUOTE_MINIMAL
        csv.writer(text, delimiter=delimiter, quoting=style, lineterminator="").writerow(fields)
        lines.append(text.getvalue())
    return delimiter, [*lines, *draw(st.lists(RAW, max_size=2))]


def encoded(lines: list[str]) -> bytes:
    return b"".join(line.encode("utf-8", "surrogateescape") + b"\n" for line in lines)


def same(opened: Callable[[], tuple[RecordByRecord, bytes]]) -> None:
    """Compare a parser, before and after it admits, with one that takes no line at once."""
    parser, text = opened()
    slow, _ = opened()
    slow._usual = lambda *_: None
    for step in ("parse", "admit", "parse"):
        found: Parsed = getattr(parser, step)(text)
        expected: Parsed = getattr(slow, step)(text)
        assert found.rows.schema == expected.rows.schema
        assert repr(found.rows.to_pylist()) == repr(expected.rows.to_pylist())
        assert (found.rejects, found.count) == (expected.rejects, expected.count)
        assert found.drifted == expected.drifted
        lines = [None if each.lines is None else each.lines.tolist() for each in (found, expected)]
        assert lines[0] == lines[1]


@settings(max_examples=100, deadline=None)
@given(lines=json_lines(), contracts=CONTRACTS, required=st.sampled_from(["", "n", "a"]))
def test_json(lines: list[str], contracts: tuple[Contract, Contract], required: str) -> None:
    def opened() -> tuple[RecordByRecord, bytes]:
        parser = JsonLines(schema(TYPES, *contracts, required)).open_log(b"", "a.json").parser
        assert isinstance(parser, RecordByRecord)
        return parser, encoded(lines)

    same(opened)


@settings(max_examples=100, deadline=None)
@given(log=csv_lines(), contracts=CONTRACTS, required=st.sampled_from(["", "n", "a"]))
def test_csv(
    log: tuple[str, list[str]], contracts: tuple[Contract, Contract], required: str
) -> None:
    delimiter, (header, *lines) = log

    def opened() -> tuple[RecordByRecord, bytes]:
        known = schema(TYPES, *contracts, required)
        format_ = CsvLines(known, tuple(known.columns), delimiter)
        parser = format_.open_log(header.encode() + b"\n", "a.csv").parser
        assert isinstance(parser, RecordByRecord)
        return parser, encoded(lines)

    same(opened)


@pytest.mark.parametrize("name", [name for name in TYPES if name != "l"])
def test_usual_values_are_read_at_once(name: str) -> None:
    columns = schema(TYPES, Contract.FREEZE, Contract.FREEZE, "").columns
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([5, value] for value in USUAL[name])
    block, fields = Block(text.getvalue().encode()), ["m" if name != "m" else "n", name]
    read = usual_csv.usual_rows(block, columns, fields, ",", discards=False)
    assert read is not None
    assert len(read.lines) == len(USUAL[name])

    records = [{name.upper(): json_value(name, value)} for value in USUAL[name]]
    objects = [json.dumps(record, ensure_ascii=False) for record in records]
    found = usual_json.usual_rows(Block(encoded(objects)), columns, discards=False)
    assert found is not None
    assert len(found.lines) == len(objects)


def test_a_bad_line_leaves_the_others_usual() -> None:
    columns = schema({"n": "int"}, Contract.FREEZE, Contract.FREEZE, "").columns
    objects = ['{"n": 1}', '{"n": "one"}', '{"n": 3}', "{", '{"n": 5}']
    found = usual_json.usual_rows(Block(encoded(objects)), columns, discards=False)
    assert found is not None
    assert found.lines.tolist() == [0, 2, 4]
    read = usual_csv.usual_rows(Block(b'1\nx\n"3"\n4,5\n6"\n'), columns, ["n"], ",", discards=False)
    assert read is not None
    assert read.lines.tolist() == [0, 2]
