"""Listings in pages, for clients that ask for them with `pageSize`."""

from collections.abc import Mapping, Sequence

from pyiceberg.typedef import Identifier

from lakehouse.catalog.rest.failures import bad_request


def page(
    found: Sequence[Identifier], query: Mapping[str, str]
) -> tuple[Sequence[Identifier], str | None]:
    """The part of a sorted listing that was asked for, and the token of the next part.

    The token is the position of the next entry. Names that appear or vanish between two pages
    may be missed or seen twice, as the specification allows.
    """
    if "pageSize" not in query:
        return found, None
    size, start = _number(query, "pageSize"), _number(query, "pageToken")
    if size < 1:
        raise bad_request("pageSize must be at least 1")
    following = start + size
    return found[start:following], str(following) if following < len(found) else None


def _number(query: Mapping[str, str], key: str) -> int:
    text = query.get(key) or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise bad_request(f"{key} {text[:20]!r} is not one this service gave or takes")
    return int(text)
