"""Prefixes of object keys: text with expressions, by Firehose's rules.

https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
"""

import re
import secrets
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache

from lakehouse.object_keys.date_patterns import read_pattern

LONGEST_PREFIX = 512
DEFAULT_TIME = "!{timestamp:yyyy/MM/dd/HH/}"
_ERROR_TYPE = "!{firehose:error-output-type}"
_RANDOM_LENGTH = 11
# The longest names of a month and a day: what this moment keeps short, every moment does.
_LONGEST = datetime(2026, 9, 30, 22, 30, 30, tzinfo=UTC)


class Namespace(StrEnum):
    """What stands before the colon of an expression."""

    FIREHOSE = "firehose"
    TIMESTAMP = "timestamp"
    QUERY = "partitionKeyFromQuery"
    TRANSFORM = "partitionKeyFromLambda"


@dataclass(frozen=True)
class Expression:
    """`!{namespace:value}`."""

    namespace: Namespace
    value: str


@dataclass(frozen=True)
class Values:
    """What the expressions of one prefix are evaluated with.

    `moment` is when the oldest record of the object arrived, in the zone of the prefix.
    """

    moment: datetime
    error_type: str = ""
    from_query: Mapping[str, str] | None = None
    from_transform: Mapping[str, str] | None = None


def _random_string() -> str:
    signs = string.ascii_lowercase + string.digits
    return "".join(secrets.choice(signs) for _ in range(_RANDOM_LENGTH))


@dataclass(frozen=True)
class Prefix:
    """A prefix that was read: its texts and expressions in order."""

    parts: tuple[str | Expression, ...]

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Its expressions, in order."""
        return tuple(part for part in self.parts if isinstance(part, Expression))

    def keys(self, namespace: Namespace) -> tuple[str, ...]:
        """The names of its expressions in a namespace, each once."""
        names = (each.value for each in self.expressions if each.namespace is namespace)
        return tuple(dict.fromkeys(names))

    @property
    def partitioned(self) -> bool:
        """Whether records are told apart by partition keys."""
        return bool(self.keys(Namespace.QUERY) or self.keys(Namespace.TRANSFORM))

    def evaluate(self, values: Values, random: Callable[[], str] = _random_string) -> str:
        """The prefix of one object's key; `random` is called anew for each random string.

        Raises ValueError when it has more than 512 characters, KeyError for a missing key.
        """
        text = "".join(_evaluated(part, values, random) for part in self.parts)
        if len(text) > LONGEST_PREFIX:
            raise ValueError(f"a prefix of {len(text)} characters; {LONGEST_PREFIX} are allowed")
        return text


def read_prefix(text: str) -> Prefix:
    """The `Prefix` of a destination; one that tells no time gets the year, month, day and hour.

    Partition keys may take the place of the time. Raises ValueError for a prefix that Firehose
    would refuse.
    """
    prefix = _read(text)
    if "error-output-type" in prefix.keys(Namespace.FIREHOSE):
        raise ValueError(f"only an error prefix may hold {_ERROR_TYPE}")
    if not prefix.keys(Namespace.TIMESTAMP) and not prefix.partitioned:
        return _read(text + DEFAULT_TIME)
    return prefix


def read_error_prefix(text: str | None, prefix: str) -> Prefix:
    """The `ErrorOutputPrefix` of a destination with that `prefix`; None when there is none.

    Without one, or without expressions in it, the type of the error and the time are added.
    Raises ValueError for an error prefix, or the lack of one, that Firehose would refuse.
    """
    if text is None:
        if _read(prefix).expressions:
            raise ValueError("a prefix with expressions needs an error prefix beside it")
        return _read(f"{prefix}{_ERROR_TYPE}/{DEFAULT_TIME}")
    found = _read(text)
    if found.partitioned:
        raise ValueError("an error prefix can't hold partition keys")
    if not found.expressions:
        return _read(f"{text}{_ERROR_TYPE}/{DEFAULT_TIME}")
    if "error-output-type" not in found.keys(Namespace.FIREHOSE):
        raise ValueError(f"an error prefix with expressions must hold {_ERROR_TYPE}")
    return found


def _read(text: str) -> Prefix:
    prefix = Prefix(tuple(_parts(text)))
    keys = dict.fromkeys((each.value for each in prefix.expressions), "key")
    sample = prefix.evaluate(Values(_LONGEST, "format-conversion-failed", keys, keys))
    if not {".", ".."}.isdisjoint(sample.split("/")[:-1]) or "\0" in sample:
        raise ValueError("a prefix names a place below its folder: no '.' or '..' in it")
    return prefix


def _parts(text: str) -> Iterator[str | Expression]:
    at = 0
    while (begin := text.find("!{", at)) >= 0:
        if begin > at:
            yield text[at:begin]
        end = _end(text, begin)
        yield _expression(text[begin + 2 : end])
        at = end + 1
    if text[at:]:
        yield text[at:]


def _end(text: str, begin: int) -> int:
    """Where the expression is closed; a brace in quotes does not close it."""
    match = re.compile(r"(?:[^'}]|'[^']*')*\}").match(text, begin + 2)
    if match is None:
        raise ValueError(f"an expression is not closed: {text[begin:]}")
    return match.end() - 1


def _expression(text: str) -> Expression:
    name, colon, value = text.partition(":")
    if name not in {each.value for each in Namespace} or not colon:
        known = ", ".join(each.value for each in Namespace)
        raise ValueError(f"no expression !{{{text}}}: it is !{{namespace:value}}, with {known}")
    expression = Expression(Namespace(name), value)
    if expression.namespace is Namespace.TIMESTAMP:
        read_pattern(value)
    elif expression.namespace is Namespace.FIREHOSE:
        if value not in {"random-string", "error-output-type"}:
            raise ValueError(f"no expression !{{{text}}}: random-string or error-output-type")
    elif not re.fullmatch(r"[A-Za-z0-9_.-]+", value):
        raise ValueError(f"no expression !{{{text}}}: a partition key is a plain name")
    return expression


def _evaluated(part: str | Expression, values: Values, random: Callable[[], str]) -> str:
    if isinstance(part, str):
        return part
    if part.namespace is Namespace.TIMESTAMP:
        return _pattern(part.value).write(values.moment)
    if part.namespace is Namespace.FIREHOSE:
        return random() if part.value == "random-string" else values.error_type
    keys = values.from_query if part.namespace is Namespace.QUERY else values.from_transform
    return (keys or {})[part.value]


_pattern = lru_cache(maxsize=256)(read_pattern)
