"""What becomes of each line of a JSON log, and how its columns grow."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.json_format import JsonLines
from ingest.record_schema import Column, RecordSchema
from ingest.records import Parsed
from lakehouse.column_settings import Contract
from lakehouse.column_specs import parse_type

EVOLVE, FREEZE, DISCARD = Contract

at = datetime.fromisoformat


def schema(
    new: Contract = FREEZE, types: Contract = FREEZE, required: str = "", **columns: str
) -> RecordSchema:
    held = {
        name: Column(name, parse_type(type_), name == required, types)
        for name, type_ in columns.items()
    }
    return RecordSchema(held, new, types)


def parsed(known: RecordSchema, *lines: str | bytes) -> Parsed:
    parser = JsonLines(known).open_log(b"", "a.json").parser
    text = b"".join(
        (each if isinstance(each, bytes) else each.encode("utf-8", "surrogatepass")) + b"\n"
        for each in lines
    )
    found = parser.parse(text)
    return parser.admit(text) if found.drifted else found


def landed(type_: str, value: str) -> object:
    """What a column of the type holds for the JSON value; the reason when it holds none."""
    result = parsed(schema(a=type_), f'{{"a": {value}}}')
    if result.rejects:
        return result.rejects[0].reason.value
    return result.rows.to_pylist()[0]["a"]


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        ("string", "null", None),
        ("string", '"x"', "x"),
        ("string", '"\\u0000\\ud83d\\ude00"', "\0😀"),
        ("string", "12", "12"),
        ("string", "1.50", "1.50"),
        ("string", "true", "true"),
        ("string", '{"b": [1, 2.50, null]}', '{"b": [1, 2.50, null]}'),
        ("string", '["é"]', '["é"]'),
        ("boolean", "false", False),
        ("boolean", "0", "wrong_type"),
        ("int", "2147483647", 2**31 - 1),
        ("int", "2147483648", "out_of_range"),
        ("int", "6.0", 6),
        ("int", "6.5", "wrong_type"),
        ("int", '"6"', "wrong_type"),
        ("int", "true", "wrong_type"),
        ("long", "-9223372036854775808", -(2**63)),
        ("long", "9223372036854775808", "out_of_range"),
        ("long", "9" * 5000, "out_of_range"),
        ("long", "1e400000000", "out_of_range"),
        ("long", "1e3", 1000),
        ("double", "2.5", 2.5),
        ("double", "9007199254740992", 2.0**53),
        ("double", "9007199254740993", "out_of_range"),
        ("double", "1e400", "out_of_range"),
        ("double", "1e-400", 0.0),
        ("double", "NaN", "bad_json"),
        ("double", "-Infinity", "bad_json"),
        ("float", "0.5", 0.5),
        ("float", "1e39", "out_of_range"),
        ("decimal(6, 2)", "1234.5", Decimal("1234.50")),
        ("decimal(6, 2)", "1.500", Decimal("1.50")),
        ("decimal(6, 2)", '"-0.07"', Decimal("-0.07")),
        ("decimal(6, 2)", "1.505", "out_of_range"),
        ("decimal(6, 2)", "10000", "out_of_range"),
        ("decimal(6, 2)", "1e-500", "out_of_range"),
        ("decimal(6, 2)", '"much"', "wrong_type"),
        ("date", '"2024-02-29"', date(2024, 2, 29)),
        ("date", '"2023-02-29"', "bad_date"),
        ("date", '"29.02.2024"', "wrong_type"),
        ("timestamp", '"2024-02-29T23:59:59.1234567Z"', at("2024-02-29 23:59:59.123456")),
        ("timestamp", '"2024-02-29 23:59"', at("2024-02-29 23:59:00")),
        ("timestamp", '"2024-03-01T00:30:00+0130"', at("2024-02-29 23:00:00")),
        ("timestamp", '"2024-02-29T24:00:00Z"', "bad_date"),
        ("timestamp", '"2024-02-29"', at("2024-02-29 00:00:00")),
        ("timestamp", '"2024-02-30"', "bad_date"),
        ("timestamp", "1709251199", "wrong_type"),
        ("timestamptz", '"2024-03-01T00:30:00+01:30"',
         datetime(2024, 2, 29, 23, tzinfo=UTC)),
        ("list<int>", "[1, null]", [1, None]),
        ("list<int>", '["1"]', "wrong_type"),
        ("list<int>", '{"a": 1}', "wrong_type"),
        ("map<string, double>", '{"x": 1, "y": null}', [("x", 1.0), ("y", None)]),
        ("struct<a: int, b: list<string>>", '{"b": ["x"]}', {"a": None, "b": ["x"]}),
        ("struct<a: int>", '{"a": 1, "b": 2}', "wrong_type"),
        ("struct<a: int>", "3", "wrong_type"),
    ],
    ids=lambda given: str(given)[:40],
)  # fmt: skip
def test_what_a_column_holds(type_: str, value: str, expected: object) -> None:
    assert landed(type_, value) == expected


@pytest.mark.parametrize(
    ("bad", "reason", "detail"),
    [
        ("", "blank_line", ""),
        ("{", "bad_json", "at 1"),
        ('{"a": 1} {"a": 2}', "bad_json", "Extra data"),
        ("{'a': 1}", "bad_json", "double quotes"),
        ('{"a": "x', "bad_json", "Unterminated"),
        ("[" * 100_000, "bad_json", "too deep"),
        ('{"a": "\\ud800"}', "bad_json", "surrogate"),
        ("[1]", "not_an_object", "[1]"),
        ("null", "not_an_object", "null"),
        ('"a"', "not_an_object", '"a"'),
        ('{"a": 1, "a": 1}', "duplicate_key", "'a'"),
        ('{"a": 1, "A": 1}', "duplicate_key", "'A'"),
        ('{"a": 1, "s": {"b": 1, "b": 2}}', "duplicate_key", "'b'"),
        ('{"a": 1, "zz": 0}', "unknown_column", "'zz'"),
        ('{"a": null}', "missing_value", "no a"),
        ("{}", "missing_value", "no a"),
        (b'{"a": 1, "s": "\xff"}', "invalid_utf8", "0xff"),
        (b'{"a": 1, "s": "\0"}', "nul_byte", "1 of them"),
        ('{"a": 1, "s": "' + "x" * 1_024_000 + '"}', "line_too_long", "1,024,000"),
    ],
    ids=lambda given: str(given)[:30],
)
def test_a_line_that_is_rejected_alone(bad: str | bytes, reason: str, detail: str) -> None:
    known = schema(required="a", a="long", s="string")
    result = parsed(known, '{"a": 1}', bad, '{"A": 2, "s": null, "zz": null}\r')
    assert [(r.line, r.reason.value) for r in result.rejects] == [(1, reason)]
    assert detail in result.rejects[0].detail
    assert result.rows["a"].to_pylist() == [1, 2]


def test_a_byte_order_mark_is_passed_over() -> None:
    text = b'\xef\xbb\xbf{"a": 1}\n'
    opening = JsonLines(schema(a="long")).open_log(text, "a.json")
    assert opening.parser.parse(text[opening.header_bytes :]).rows.to_pylist() == [{"a": 1}]


def test_new_columns_by_contract() -> None:
    lines = ['{"a": 1, "New-Col": 7}', '{"a": 2}', '{"a": 3, "new_col": "x"}']
    frozen = parsed(schema(FREEZE, a="long"), *lines)
    assert frozen.rows.to_pylist() == [{"a": 2}]
    assert {r.reason.value for r in frozen.rejects} == {"unknown_column"}
    dropped = parsed(schema(DISCARD, a="long"), *lines)
    assert dropped.rows.to_pylist() == [{"a": 1}, {"a": 2}, {"a": 3}]
    grown = parsed(schema(EVOLVE, a="long"), *lines)
    assert grown.rows.to_pylist() == [{"a": 1, "new_col": 7}, {"a": 2, "new_col": None}]
    assert [(r.line, r.reason.value) for r in grown.rejects] == [(2, "wrong_type")]


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        ("true", "bool"),
        ("1", "int64"),
        ("9223372036854775808", "decimal128(38, 0)"),
        ("1.5", "double"),
        ('"2024-01-01"', "large_string"),
        ("[1]", "large_string"),
    ],
)
def test_the_first_value_gives_a_new_column_its_type(value: str, type_: str) -> None:
    result = parsed(schema(EVOLVE, a="int"), f'{{"a": null, "b": {value}}}')
    assert str(result.rows.schema.field("b").type) == type_


def test_types_by_contract() -> None:
    lines = ['{"a": 1}', '{"a": 3000000000}', '{"a": "x"}']
    frozen = parsed(schema(types=FREEZE, a="int"), *lines)
    assert [r.reason.value for r in frozen.rejects] == ["out_of_range", "wrong_type"]
    assert parsed(schema(types=DISCARD, a="int"), *lines).rows["a"].to_pylist() == [1, None, None]
    wider = parsed(schema(types=EVOLVE, a="int"), *lines)
    assert wider.rows["a"].to_pylist() == [1, 3_000_000_000]
    assert [r.reason.value for r in wider.rejects] == ["wrong_type"]
    money = parsed(schema(types=EVOLVE, a="decimal(4, 2)"), '{"a": 123.45}', '{"a": 1.005}')
    assert money.rows["a"].to_pylist() == [Decimal("123.45")]


@pytest.mark.parametrize(
    ("line", "reason", "detail"),
    [
        ('{"a": "x", "new": 1}', "wrong_type", "a: 'x' is no long"),
        ('{"a": 1, "at": "2024-02-30T10:00", "new": 1}', "bad_date", "at: '2024-02-30T10:00'"),
        ('{"new": 1}', "missing_value", "no a"),
        ('{"a": 1, "big": 1e999}', "out_of_range", "big: 1E+999"),
        (f'{{"a": 1, "big": {10**44}}}', "out_of_range", "big: 1000"),
        ('{"a": 1, "fine": 1, "record_id": 2}', "unknown_column", "'record_id' can't be"),
        (f'{{"a": 1, "{"n" * 256}": 2}}', "unknown_column", "256 characters"),
    ],
    ids=lambda given: str(given)[:30],
)
def test_a_new_field_hides_nothing_that_is_wrong(line: str, reason: str, detail: str) -> None:
    known = schema(EVOLVE, EVOLVE, required="a", a="long", at="timestamp")
    result = parsed(known, '{"a": 1}', line, '{"a": 2}')
    assert [(r.line, r.reason.value) for r in result.rejects] == [(1, reason)]
    assert detail in result.rejects[0].detail
    assert result.rows["a"].to_pylist() == [1, 2]


def test_a_rejected_record_grows_nothing() -> None:
    known = schema(EVOLVE, required="a", a="long")
    assert parsed(known, '{"b": 1}', '{"a": "x", "c": 1}', '{"a": 1, "record_id": 2}').rejects
    assert list(known.columns) == ["a"]


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**65), 2**65),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=4).filter(lambda t: t.isprintable()),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text("xy"), inner)),
    max_leaves=4,
)
LINES = st.one_of(
    st.dictionaries(st.sampled_from("abcd"), VALUES, max_size=4).map(json.dumps),
    st.sampled_from(["[]", "{", "", '{"a": 1, "a": 2}', '{"b": NaN}', "{}"]),
)


def expected_row(line: str) -> dict[str, object] | None:
    """For columns a long required, b string, c double; no others."""
    try:
        pairs = json.loads(line, object_pairs_hook=list, parse_constant=lambda _: 1 / 0)
        record = json.loads(line)
    except (ValueError, ZeroDivisionError):
        return None
    if not isinstance(record, dict) or len(pairs) != len(record):
        return None
    a, b, c = record.get("a"), record.get("b"), record.get("c")
    if isinstance(a, bool) or not isinstance(a, int | float) or record.get("d") is not None:
        return None
    if isinstance(c, bool) or not isinstance(c, int | float | None):
        return None
    if a != int(a) or not -(2**63) <= a < 2**63 or (isinstance(c, int) and float(c) != c):
        return None
    return {"a": int(a), "b": b, "c": c}


@given(st.lists(LINES, min_size=1, max_size=8))
def test_a_line_is_landed_or_rejected_for_itself_alone(lines: list[str]) -> None:
    result = parsed(schema(required="a", a="long", b="string", c="double"), *lines)
    expected = {n: row for n, each in enumerate(lines) if (row := expected_row(each)) is not None}
    found = range(result.count) if result.lines is None else map(int, result.lines)
    rows = dict(zip(found, result.rows.to_pylist(), strict=True))
    assert rows.keys() == expected.keys()
    assert [r.line for r in result.rejects] == [n for n in range(len(lines)) if n not in expected]
    for n, row in rows.items():
        assert (row["a"], row["c"]) == (expected[n]["a"], expected[n]["c"])
        b = expected[n]["b"]
        same = row["b"] if isinstance(b, str | None) else json.loads(row["b"])
        assert same == b
