"""What becomes of a line of an access log, worked out character by character."""

from datetime import UTC, datetime, timedelta, timezone
from ipaddress import ip_address
from typing import Any

from hypothesis import strategies as st

COLUMNS = (
    "client_ip",
    "user_id",
    "requested_at",
    "method",
    "path",
    "protocol",
    "status",
    "response_bytes",
    "referrer",
    "user_agent",
)
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
SIGNS = {"b": "\b", "t": "\t", "n": "\n", "v": "\v", "r": "\r", '"': '"', "\\": "\\"}


def reference(line: bytes) -> dict[str, Any] | None:
    """The row a line becomes, None when it is rejected."""
    if b"\0" in line or b"\r" in line:
        return None
    try:
        fields = _fields(line.decode("utf-8"))
        if len(fields) not in {7, 9}:
            return None
        address, _, user, time, request, status, size, *more = fields
        if ":" in address or set(address) <= set("0123456789."):
            ip_address(address)
        elif (
            not all(c.isascii() and (c.isalnum() or c in "._-") for c in address)
            or address[0] in ".-"
            or address[-1] == "-"
        ):
            return None
        values = [address, _given(user), _time(time), *_request(request), _status(status)]
        values += [None if size == "-" else _number(size), *map(_given, more or ["-", "-"])]
    except (ValueError, UnicodeDecodeError):
        return None
    return dict(zip(COLUMNS, values, strict=True))


def _fields(line: str) -> list[str]:
    """Fields between single spaces: bare, in brackets, in quotes; a user may have spaces."""
    before, bracket, rest = line.partition(" [")
    address, identity, user = before.split(" ", 2)
    time, end, rest = rest.partition('] "')
    if not (bracket and end and address and identity and user) or '"' in address + identity + time:
        raise ValueError
    if (
        (user != '""' and '"' in user)
        or user.endswith(" ")
        or {"[", "]"} & {*identity, *user}
        or "]" in time
    ):
        raise ValueError
    fields = [address, identity, user, time]
    text, rest = _quoted(rest)
    status, size, *agents = rest.removeprefix(" ").split(" ", 2)
    if not rest.startswith(" ") or not status or not size:
        raise ValueError
    fields += [text, status, size]
    if agents:
        referrer, rest = _quoted(agents[0][1:])
        agent, left = _quoted(rest[2:])
        if not agents[0].startswith('"') or not rest.startswith(' "') or left:
            raise ValueError
        fields += [referrer, agent]
    return fields


def _quoted(text: str) -> tuple[str, str]:
    """What stands before the closing quote, unescaped, and what follows it."""
    out, at = b"", 0
    while text[at : at + 1] != '"':
        c = text[at : at + 1]
        if not c:
            raise ValueError
        if c != "\\":
            out, at = out + c.encode(), at + 1
            continue
        sign, digits = text[at + 1 : at + 2], text[at + 2 : at + 4]
        if not sign:
            raise ValueError
        if sign in SIGNS:
            out, at = out + SIGNS[sign].encode(), at + 2
        elif (
            sign == "x" and len(digits) == 2 and all(d in "0123456789abcdefABCDEF" for d in digits)
        ):
            out, at = out + bytes.fromhex(digits), at + 4
        else:
            out, at = out + (c + sign).encode(), at + 2
    return out.decode("utf-8", "backslashreplace"), text[at + 1 :]


def _given(text: str) -> str | None:
    return None if text in {"", "-", '""'} else text


def _time(text: str) -> datetime:
    if len(text) != 26 or not all(c.isdigit() for c in text[:2] + text[7:11] + text[-4:]):
        raise ValueError
    if not text.isascii() or text[3:6] not in MONTHS or text[-5] not in "+-" or text[20] != " ":
        raise ValueError
    text = text[:3] + f"{MONTHS.index(text[3:6]) + 1:02}" + text[6:]
    hours, minutes = int(text[-4:-2]), int(text[-2:])
    if hours > 23 or minutes > 59:
        raise ValueError
    local = datetime.strptime(text[:-6], "%d/%m/%Y:%H:%M:%S")  # noqa: DTZ007
    if local.strftime("%d/%m/%Y:%H:%M:%S") != text[:-6]:
        raise ValueError
    offset = timedelta(hours=hours, minutes=minutes) * (1 if text[-5] == "+" else -1)
    time = local.replace(tzinfo=timezone(offset)).astimezone(UTC).replace(tzinfo=None)
    if not 1970 <= time.year < 2100:
        raise ValueError
    return time


def _request(text: str) -> tuple[str, str, str]:
    method, _, rest = text.partition(" ")
    path, _, protocol = rest.rpartition(" ")
    family, _, version = protocol.partition("/")
    if method == "GET" and rest.startswith("/") and " " not in rest:
        return method, rest, "HTTP/0.9"
    words = method.replace("_", "a").replace("-", "a")
    if not (words.isascii() and words.isalnum() and method[0].isalpha()):
        raise ValueError
    if not path or path.startswith(" ") or not (family.isascii() and family.isalpha()):
        raise ValueError
    digits = version.replace(".", "", 1)
    if not family.isupper() or not (digits.isascii() and digits.isdigit()):
        raise ValueError
    if len(version) not in {1, 3} or (len(version) == 3) != (version[1:2] == "."):
        raise ValueError
    return method, path, protocol


def _status(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) == 3 and "1" <= text[0] <= "5"):
        raise ValueError
    return int(text)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) >= 2**63:
        raise ValueError
    return int(text)


GOOD = {
    "client_ip": "203.0.113.9",
    "identity": "-",
    "user_id": "-",
    "time": "[10/Oct/2000:13:55:36 -0700]",
    "request": '"GET /product/1?a=b HTTP/1.1"',
    "status": "200",
    "size": "2326",
    "referrer": '"https://www.cadabra.example/"',
    "agent": '"Mozilla/5.0 (X11; Linux x86_64)"',
}


def line(*, common: bool = False, **fields: str) -> str:
    """A good line with some of its fields changed, of Combined or of Common Log Format."""
    values = list((GOOD | fields).values())
    return " ".join(values[:7] if common else values)


_TEXTS = st.sampled_from(
    [
        "",
        "-",
        '""',
        '"-"',
        "frank",
        "John Doe",
        "2001:db8::1",
        "999.1.1.1",
        "host-1.example",
        "[29/Feb/2023:00:00:00 +0000]",
        "[29/Feb/2024:23:59:59 +0530]",
        "[31/Dec/2099:23:59:59 -0100]",
        "[1/Jan/2024:00:00:00 +0000]",
        '"GET / HTTP/1.1"',
        '"GET /"',
        '"POST /a b HTTP/2.0"',
        '"\\x16\\x03\\x01"',
        '"GET /\\xc3\\xa9\\"\\\\ HTTP/1.1"',
        "404",
        "099",
        "600",
        "0",
        "9223372036854775808",
        '"a \\"quoted\\" agent"',
        '"open',
        'a"b',
        "é",
    ]
)
_NOISE = st.text(alphabet='" -\\[]x1\r\0é', max_size=8).map(str.encode)
LINES = st.one_of(
    st.booleans().map(lambda common: line(common=common).encode()),
    st.tuples(st.sampled_from(list(GOOD)), _TEXTS, st.booleans()).map(
        lambda c: line(common=c[2], **{c[0]: c[1]}).encode()
    ),
    st.dictionaries(st.sampled_from(list(GOOD)), _TEXTS, max_size=3).map(
        lambda c: line(**c).encode()
    ),
    _NOISE,
    st.tuples(st.just(line().encode()), _NOISE).map(b"".join),
    st.binary(max_size=12).map(lambda raw: raw.replace(b"\n", b"")),
)
