r"""One line of a web access log: what it means, or why it means nothing.

The Common and the Combined Log Format are those of the Apache HTTP server's documentation of
mod_log_config; nginx writes the same. Within quotes both escape what would break the line:
`\"`, `\\`, `\n` and the like, and other bytes as `\xhh`.
"""

import re
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import NamedTuple

from ingest.rejects import Reason, UnfitError
from ingest.values import EARLIEST, LATEST

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_QUOTED = r'"((?:[^"\\]|\\.)*)"'
_LINE = re.compile(  # address, identity, user, time, request, status, size, referrer, agent
    r'([^ "]+) [^ "\[\]]+ ([^"\[\]]*[^ "\[\]]|"") \[([^\]"]*)\] '
    rf"{_QUOTED} ([^ ]+) ([^ ]+)(?: {_QUOTED} {_QUOTED})?"
)
_REQUEST = re.compile(
    r"([A-Za-z][A-Za-z0-9_-]*) ([^ ].*?|[^ ]) ([A-Z]+/[0-9](?:\.[0-9])?)", re.DOTALL
)
_SIMPLE_REQUEST = re.compile(r"GET (/[^ ]*)")
_TIME = re.compile(
    r"([0-9]{2})/([A-Z][a-z]{2})/([0-9]{4}):([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r" ([+-])([0-9]{2})([0-5][0-9])"
)
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_.])?")
_NUMBERS = re.compile(r"[0-9.]+")
_ESCAPES = re.compile(r'\\(x[0-9a-fA-F]{2}|[bnrtv"\\])')
_SIGNS = {"b": 8, "t": 9, "n": 10, "v": 11, "r": 13, '"': 34, "\\": 92}
_LARGEST = 2**63 - 1


class AccessRecord(NamedTuple):
    """The columns of `landing.access_logs` that a line brings."""

    client_ip: str
    user_id: str | None
    requested_at: datetime
    method: str
    path: str
    protocol: str
    status: int
    response_bytes: int | None
    referrer: str | None
    user_agent: str | None


def read_line(line: str) -> AccessRecord:
    """The record that a line is. Raises UnfitError when it is none."""
    match = _LINE.fullmatch(line)
    if match is None:
        raise _shapeless(line)
    address, user, time, request, status, size, referrer, agent = match.groups()
    return AccessRecord(
        client_address(address),
        _given(user),
        utc_time(time),
        *request_parts(unescaped(request)),
        answer_status(status),
        answer_size(size),
        _given(unescaped(referrer)) if referrer else None,
        _given(unescaped(agent)) if agent else None,
    )


def client_address(text: str) -> str:
    """An IPv4 or IPv6 address, or the name of a host."""
    if ":" in text or _NUMBERS.fullmatch(text):
        try:
            ip_address(text)
        except ValueError as e:
            raise UnfitError(Reason.BAD_ADDRESS, f"client_ip {text!r}") from e
    elif not _HOST.fullmatch(text):
        raise UnfitError(Reason.BAD_ADDRESS, f"client_ip {text!r}")
    return text


def utc_time(text: str) -> datetime:
    """The time of `10/Oct/2000:13:55:36 -0700`, in UTC and without a zone."""
    bad = UnfitError(Reason.BAD_DATE, f"requested_at {text!r}")
    match = _TIME.fullmatch(text)
    if match is None or match[2] not in MONTHS:
        raise bad
    day, _, year, hour, minute, second, sign, hours, minutes = match.groups()
    try:
        local = datetime(
            int(year), MONTHS.index(match[2]) + 1, int(day), int(hour), int(minute), int(second),
            tzinfo=UTC,
        )  # fmt: skip
    except ValueError as e:
        raise bad from e
    if int(hours) > 23:
        raise bad
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    time = (local - offset if sign == "+" else local + offset).replace(tzinfo=None)
    if not EARLIEST <= time < LATEST:
        raise UnfitError(Reason.OUT_OF_RANGE, f"requested_at {text!r}")
    return time


def request_parts(text: str) -> tuple[str, str, str]:
    """Method, path and protocol; a path may have spaces in it.

    A request of HTTP/0.9 is `GET` and a path (RFC 1945, section 4.1).
    """
    if match := _REQUEST.fullmatch(text):
        return match[1], match[2], match[3]
    if match := _SIMPLE_REQUEST.fullmatch(text):
        return "GET", match[1], "HTTP/0.9"
    raise UnfitError(Reason.BAD_REQUEST, f"request {text[:200]!r}")


def answer_status(text: str) -> int:
    """A status code: 100 to 599 (RFC 9110, section 15)."""
    if not (text.isascii() and text.isdigit()):
        raise UnfitError(Reason.BAD_STATUS, f"status {text!r}")
    if len(text) != 3 or not "100" <= text <= "599":
        raise UnfitError(Reason.OUT_OF_RANGE, f"status {text!r}")
    return int(text)


def answer_size(text: str) -> int | None:
    """Bytes without headers; `-` is none."""
    if text == "-":
        return None
    if not (text.isascii() and text.isdigit()):
        raise UnfitError(Reason.BAD_SIZE, f"response_bytes {text!r}")
    digits = text.lstrip("0") or "0"
    if len(digits) > len(str(_LARGEST)) or int(digits) > _LARGEST:
        raise UnfitError(Reason.OUT_OF_RANGE, f"response_bytes {text!r}")
    return int(digits)


def unescaped(text: str) -> str:
    """What the client has sent; bytes that are no UTF-8 stay escaped."""
    if "\\" not in text:
        return text
    pieces, done = [], 0
    for match in _ESCAPES.finditer(text):
        pieces.append(text[done : match.start()].encode())
        sign = match[1]
        pieces.append(bytes([int(sign[1:], 16) if len(sign) > 1 else _SIGNS[sign]]))
        done = match.end()
    pieces.append(text[done:].encode())
    return b"".join(pieces).decode("utf-8", "backslashreplace")


def _given(text: str) -> str | None:
    return None if text in {"", "-", '""'} else text


def _shapeless(line: str) -> UnfitError:
    quotes = re.sub(r"\\.", "", line).count('"')
    if quotes % 2:
        return UnfitError(Reason.UNBALANCED_QUOTES, f"{quotes} quote(s)")
    return UnfitError(
        Reason.WRONG_COLUMN_COUNT, "neither the fields of Common nor of Combined Log Format"
    )
