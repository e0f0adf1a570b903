"""What becomes of each line of an access log."""

from datetime import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.access_format import AccessLogs
from ingest.records import Parsed
from ingest.screening import LONGEST_LINE
from tests.reference_access import COLUMNS, LINES, line, reference

PARSER = AccessLogs().open_log(b"", "access.log").parser
at = datetime.fromisoformat  # without a zone: UTC
GOOD_ROW = {
    "client_ip": "203.0.113.9",
    "user_id": None,
    "requested_at": at("2000-10-10 20:55:36"),
    "method": "GET",
    "path": "/product/1?a=b",
    "protocol": "HTTP/1.1",
    "status": 200,
    "response_bytes": 2326,
    "referrer": "https://www.cadabra.example/",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
}


def parsed(*lines: str | bytes) -> Parsed:
    text = [each if isinstance(each, bytes) else each.encode() for each in lines]
    return PARSER.parse(b"".join(each + b"\n" for each in text))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, {}),
        ({"client_ip": "2001:db8::8a2e:370:7334"}, {"client_ip": "2001:db8::8a2e:370:7334"}),
        ({"client_ip": "crawl-66.example.com"}, {"client_ip": "crawl-66.example.com"}),
        ({"user_id": "frank"}, {"user_id": "frank"}),
        ({"user_id": "Mary Ann"}, {"user_id": "Mary Ann"}),
        ({"user_id": '""'}, {"user_id": None}),
        ({"time": "[29/Feb/2024:00:30:00 +0130]"}, {"requested_at": at("2024-02-28 23:00:00")}),
        ({"time": "[31/Jul/2025:23:59:59 +0000]"},
         {"requested_at": at("2025-07-31 23:59:59")}),
        ({"time": "[01/Jan/1970:00:00:00 +0000]"}, {"requested_at": at("1970-01-01 00:00:00")}),
        ({"request": '"POST /cart HTTP/2.0"'},
         {"method": "POST", "path": "/cart", "protocol": "HTTP/2.0"}),
        ({"request": '"GET /a file.txt HTTP/1.0"'},
         {"path": "/a file.txt", "protocol": "HTTP/1.0"}),
        ({"request": '"OPTIONS * HTTP/1.1"'}, {"method": "OPTIONS", "path": "*"}),
        ({"request": '"GET /index.html"'}, {"path": "/index.html", "protocol": "HTTP/0.9"}),
        ({"request": r'"GET /\xc3\xa9\"\\ HTTP/1.1"'}, {"path": '/é"\\'}),
        ({"request": r'"GET /\xff HTTP/1.1"'}, {"path": r"/\xff"}),
        ({"status": "304", "size": "-"}, {"status": 304, "response_bytes": None}),
        ({"size": "9223372036854775807"}, {"response_bytes": 2**63 - 1}),
        ({"referrer": '"-"', "agent": '"-"'}, {"referrer": None, "user_agent": None}),
        ({"referrer": '""', "agent": '""'}, {"referrer": None, "user_agent": None}),
        ({"agent": r'"a \"quoted\" agent\t\q"'}, {"user_agent": 'a "quoted" agent\t\\q'}),
        ({"agent": '"größer"'}, {"user_agent": "größer"}),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("common", [False, True], ids=["combined", "common"])
def test_a_line_that_lands(
    fields: dict[str, str], expected: dict[str, object], common: bool
) -> None:
    result = parsed(line(common=common, **fields))
    absent = {"referrer": None, "user_agent": None} if common else {}
    assert result.rows.to_pylist() == [GOOD_ROW | expected | absent]
    assert result.rejects == ()


@pytest.mark.parametrize(
    ("bad", "reason", "detail"),
    [
        ("", "blank_line", ""),
        ("   ", "blank_line", ""),
        ("hello", "wrong_column_count", "Combined"),
        (line() + ' "more"', "wrong_column_count", "Combined"),
        (line() + " 0.003", "wrong_column_count", "Combined"),
        (line(agent='"open'), "unbalanced_quotes", "5 quote"),
        (line(agent=r'"open\"'), "unbalanced_quotes", "5 quote"),
        (line(request='"-"'), "bad_request", "'-'"),
        (line(request='""'), "bad_request", "''"),
        (line(request=r'"\x16\x03\x01\x02\x00\x01\xFC"'), "bad_request", "\\x16"),
        (line(request='"/index.html HTTP/1.1"'), "bad_request", "index"),
        (line(request='"GET / FTP"'), "bad_request", "FTP"),
        (line(client_ip="256.0.0.1"), "bad_address", "256.0.0.1"),
        (line(client_ip="2001:db8::zz"), "bad_address", "zz"),
        (line(client_ip="-"), "bad_address", "'-'"),
        (line(time="[30/Feb/2024:10:00:00 +0000]"), "bad_date", "30/Feb"),
        (line(time="[10/Okt/2024:10:00:00 +0000]"), "bad_date", "Okt"),
        (line(time="[10/Oct/2024:24:00:00 +0000]"), "bad_date", "24:00"),
        (line(time="[10/Oct/2024:10:00:00]"), "bad_date", "10:00:00"),
        (line(time="[10/Oct/2024:10:00:00 +2400]"), "bad_date", "+2400"),
        (line(time="[01/Jan/1970:00:00:00 +0001]"), "out_of_range", "1970"),
        (line(time="[31/Dec/2099:23:59:59 -0001]"), "out_of_range", "2099"),
        (line(status="-"), "bad_status", "'-'"),
        (line(status="2xx"), "bad_status", "2xx"),
        (line(status="600"), "out_of_range", "600"),
        (line(status="1000"), "out_of_range", "1000"),
        (line(size="-5"), "bad_size", "-5"),
        (line(size="9223372036854775808"), "out_of_range", "9223372036854775808"),
        (line().encode() + b"\0", "nul_byte", "1 of them"),
        (line().encode()[:40] + b"\r" + line().encode()[40:], "carriage_return", "1 of them"),
        (line(agent='"\udcff"').encode("utf-8", "surrogateescape"), "invalid_utf8", "0xff"),
        (line(agent=f'"{"x" * LONGEST_LINE}"'), "line_too_long", "1,024,000"),
    ],
    ids=lambda given: str(given)[:60],
)
def test_a_line_that_is_rejected_alone(bad: str | bytes, reason: str, detail: str) -> None:
    result = parsed(line(), bad, line(common=True))
    assert [(r.line, r.reason.value) for r in result.rejects] == [(1, reason)]
    assert detail in result.rejects[0].detail
    assert result.lines is not None
    assert result.lines.tolist() == [0, 2]
    assert result.rows.to_pylist() == [GOOD_ROW, GOOD_ROW | {"referrer": None, "user_agent": None}]


def test_crlf() -> None:
    assert PARSER.parse(line().encode() + b"\r\n").rows.to_pylist() == [GOOD_ROW]


@given(st.lists(LINES, min_size=1, max_size=12))
@example([line().encode(), b'"', line(common=True).encode()])
@example([line(user_id='a "b" c').encode(), line(user_id="a b").encode()])
def test_a_line_is_landed_or_rejected_for_itself_alone(lines: list[bytes]) -> None:
    lines = [each.removesuffix(b"\r") for each in lines]
    result = parsed(*lines)
    expected = {n: row for n, each in enumerate(lines) if (row := reference(each)) is not None}
    found = result.lines if result.lines is not None else range(result.count)
    assert result.count == len(lines)
    assert dict(zip(map(int, found), result.rows.to_pylist(), strict=True)) == expected
    assert [r.line for r in result.rejects] == [n for n in range(len(lines)) if n not in expected]
    assert result.rows.column_names == list(COLUMNS)
