"""Java's regular expressions, as far as RE2 or Python's `re` mean the same by them.

Each pattern is read once, token by token. What both know alike passes; what one of them means
differently sends the pattern to the other; the rest is refused.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(
    r"""
      (?P<quote>\\Q.*?(?:\\E|$))
    | (?P<escape>\\(?:[pP]\{[^}]*\}|x\{[0-9A-Fa-f]+\}|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|k<\w+>|\d+|.))
    | (?P<group>\(\?(?:<[A-Za-z]\w*>|<?[=!]|>|:|[a-zA-Z-]+[:)])|\()
    | (?P<quantifier>(?:[*+?]|\{\d+(?:,\d*)?\})[+?]?)
    | (?P<class>\[\^?)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
# Escapes with one meaning everywhere; \d \w \s are ASCII, as Java's are.
_SHARED = set("dDwWsStnrfaAb B".replace(" ", "")) | set("\\.[]{}()*+?^$|/-,:;=!<>@#%&~'\"`_ ")


@dataclass(frozen=True)
class Pattern:
    """A pattern in RE2's syntax and in Python's; None where that one has no exact form."""

    re2: str | None
    python: str | None
    groups: int
    reason: str = ""
    anchored_end: bool = False
    optional_groups: bool = False
    invalid: bool = False  # to Java too

    @property
    def matches_empty(self) -> bool:
        """Whether it can match without consuming anything: the engines then count differently."""
        return self.python is None or _may_be_empty(self.python)


# What Python says of a pattern that Java takes neither.
_MALFORMED = ("unterminated", "unbalanced", "nothing to repeat", "min repeat greater")

# Texts in which a pattern that can match nothing shows that it can.
_PROBES = ("", "a", " ", "0", "-", "a b", "A1-")


def _may_be_empty(python: str) -> bool:
    matches = (found for probe in _PROBES for found in re.finditer(python, probe, re.ASCII))
    return any(not found[0] for found in matches)


class _Reading:
    """A pattern while it is read."""

    def __init__(self) -> None:
        self.re2: list[str] = []
        self.python: list[str] = []
        self.no_re2 = ""
        self.refused = ""
        self.invalid = ""
        self.groups = 0
        self.anchored_end = False
        self.optional = False
        self.after_group = False

    def both(self, text: str) -> None:
        self.re2.append(text)
        self.python.append(text)


@lru_cache(maxsize=512)
def translate(pattern: str) -> Pattern:
    """A Java pattern's forms; `reason` says why there is none."""
    reading = _Reading()
    offset = 0
    while offset < len(pattern) and not reading.refused:
        token = _TOKEN.match(pattern, offset)
        if token is None:
            reading.refused = f"at {pattern[offset:]}"
            break
        offset = token.end()
        kind = token.lastgroup or ""
        if kind == "class":
            offset = _read_class(reading, pattern, token.start())
        else:
            _READERS[kind](reading, token[0])
        reading.after_group = kind == "other" and token[0] == ")"
    python: str | None = "".join(reading.python)
    if not reading.refused:
        try:
            re.compile(python or "", re.ASCII)
        except re.error as error:
            reading.refused = reading.invalid = str(error)
    if reading.refused:
        invalid = any(word in reading.invalid for word in _MALFORMED)
        return Pattern(None, None, reading.groups, reading.refused, invalid=invalid)
    re2 = None if reading.no_re2 else "".join(reading.re2)
    return Pattern(
        re2, python, reading.groups, reading.no_re2, reading.anchored_end, reading.optional
    )


def _quote(reading: _Reading, part: str) -> None:
    reading.both(re.escape(part[2:].removesuffix("\\E")))


def _escape(reading: _Reading, part: str) -> None:
    rest = part[1:]
    if rest[0] in "123456789":
        reading.no_re2 = "a back-reference"
        reading.python.append(part)
    elif rest[0] == "k":
        reading.no_re2 = "a back-reference"
        reading.python.append(f"(?P={rest[2:-1]})")
    elif rest == "z":
        reading.re2.append("\\z")
        reading.python.append("\\Z")
    elif rest == "Z":
        reading.no_re2 = "\\Z"
        reading.python.append("(?=\\n?\\Z)")
    elif rest[0] in "xu" and len(rest) > 1:
        code = int(rest[1:].strip("{}"), 16)
        if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:
            reading.refused = "a surrogate"
            return
        reading.both(re.escape(chr(code)))
    elif rest[0] in "pP":
        reading.refused = f"a Unicode class {part}"
    elif rest in _SHARED:
        reading.both(part)
    else:
        reading.refused = f"the escape {part}"


def _group(reading: _Reading, part: str) -> None:
    if part == "(":
        reading.groups += 1
        reading.both("(")
    elif part.startswith("(?<") and part[3] not in "=!":
        reading.groups += 1
        reading.both(f"(?P<{part[3:-1]}>")
    elif part == "(?:":
        reading.both(part)
    elif part in ("(?=", "(?!", "(?<=", "(?<!", "(?>"):
        reading.no_re2 = "a look-around" if part != "(?>" else "an atomic group"
        reading.python.append(part)
    elif part in ("(?i)", "(?s)", "(?m)", "(?is)", "(?si)"):
        if "".join(reading.python):
            reading.refused = f"{part} inside of a pattern"
        if "m" in part:
            reading.refused = "the multi-line flag"
        reading.both(part)
    else:
        reading.refused = f"the construct {part}"


def _quantifier(reading: _Reading, part: str) -> None:
    if reading.after_group and (part[0] in "*?" or part.startswith(("{0,", "{0}"))):
        reading.optional = True
    if part.endswith("+") and len(part) > 1:
        reading.no_re2 = "a possessive quantifier"
        reading.python.append(part)
        return
    limits = re.fullmatch(r"\{(\d+)(?:,(\d*))?\}\??", part)
    if limits and max(int(limits[1]), int(limits[2] or 0)) > 1000:
        reading.no_re2 = "more than 1000 repetitions"
    reading.both(part)


def _other(reading: _Reading, part: str) -> None:
    if part == "$":
        # Java's $ also matches before a line end that closes the text; so does Python's.
        reading.anchored_end = True
        reading.re2.append("(?:\\n?\\z)")
        reading.python.append("$")
        return
    if part == "|":
        reading.optional = reading.optional or reading.groups > 0
    if part in "{}":
        reading.both("\\" + part)
        return
    reading.both(part)


def _read_class(reading: _Reading, pattern: str, start: int) -> int:
    """Read [...], and return where it ends."""
    i = start + 1
    made = "["
    if pattern[i : i + 1] == "^":
        made, i = made + "^", i + 1
    first = True
    while i < len(pattern):
        character = pattern[i]
        if character == "]" and not first:
            reading.both(made + "]")
            return i + 1
        if character == "[" or pattern.startswith("&&", i):
            reading.refused = "a class inside of a class"
            return len(pattern)
        if character == "\\":
            following = pattern[i + 1 : i + 2]
            if following not in set("dwsDWStnrf\\.[]{}()*+?^$|/-,:;=!<>@#%&~'\"`_ "):
                reading.refused = f"the escape \\{following} in a class"
                return len(pattern)
            made += character + following
            i += 2
        else:
            made += character
            i += 1
        first = False
    reading.refused = "a class that does not end"
    return len(pattern)


_READERS = {
    "quote": _quote,
    "escape": _escape,
    "group": _group,
    "quantifier": _quantifier,
    "other": _other,
}
