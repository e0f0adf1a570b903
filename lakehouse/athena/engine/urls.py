"""Parts of a URI, by RFC 2396 and java.net.URI."""

import re
from urllib.parse import unquote, unquote_plus

_URI = re.compile(
    r"(?:(?P<protocol>[A-Za-z][A-Za-z0-9+.-]*):)?"
    r"(?://(?P<authority>[^/?#]*))?(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:\#(?P<fragment>.*))?"
)
_AUTHORITY = re.compile(
    r"(?:[^@]*@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]*)(?::(?P<port>\d*))?"
)
# Characters java.net.URI refuses anywhere: the URI is then malformed and every part NULL.
_ILLEGAL = re.compile(r'[\s<>"{}|\\^`\x00-\x1f]|%(?![0-9A-Fa-f]{2})')


def _parts(url: str) -> re.Match[str] | None:
    return None if _ILLEGAL.search(url) else _URI.fullmatch(url)


def protocol(url: str) -> str | None:
    """http; '' if there is none."""
    parts = _parts(url)
    return None if parts is None else parts["protocol"] or ""


def _authority(url: str) -> re.Match[str] | None:
    parts = _parts(url)
    if parts is None:
        return None
    return _AUTHORITY.fullmatch(parts["authority"] or "")


def host(url: str) -> str | None:
    """localhost; '' if there is none."""
    if _parts(url) is None:
        return None
    authority = _authority(url)
    return authority["host"] if authority else ""


def port(url: str) -> int | None:
    """8080; NULL if there is none."""
    authority = _authority(url)
    return int(authority["port"]) if authority and authority["port"] else None


def path(url: str) -> str | None:
    """/a b for /a%20b."""
    parts = _parts(url)
    if parts is None:
        return None
    if parts["protocol"] and not parts["authority"] and not parts["path"].startswith("/"):
        return ""
    return unquote(parts["path"])


def query(url: str) -> str | None:
    """What follows the question mark, as written."""
    parts = _parts(url)
    return None if parts is None else unquote(parts["query"] or "")


def fragment(url: str) -> str | None:
    """What follows #."""
    parts = _parts(url)
    return None if parts is None else unquote(parts["fragment"] or "")


def parameter(url: str, name: str) -> str | None:
    """The first query parameter of a name: '' without a value, NULL without the parameter."""
    parts = _parts(url)
    if parts is None or not parts["query"]:
        return None
    for part in parts["query"].split("&"):
        key, _, value = part.partition("=")
        if unquote_plus(key) == name:
            return unquote_plus(value)
    return None
