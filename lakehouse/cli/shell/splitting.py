"""Where statements end: at semicolons that stand in no text, name or comment."""

import re

_PART = re.compile(
    r"""'(?:[^']|'')*('|$)|"(?:[^"]|"")*("|$)|`[^`]*(`|$)|--[^\n]*(\n|$)|/\*.*?(\*/|$)|;""",
    re.DOTALL,
)


def split(text: str) -> tuple[list[str], str]:
    """The statements that have ended, without their semicolons, and what is left behind them."""
    statements, start = [], 0
    for match in _PART.finditer(text):
        if match.group() == ";":
            statements.append(text[start : match.start()].strip())
            start = match.end()
    return [statement for statement in statements if statement], text[start:].strip()


def is_complete(text: str) -> bool:
    """Whether a text can be run: it ends with a semicolon, is a command of the shell, or empty."""
    if not text.strip() or text.lstrip().startswith("\\"):
        return True
    _, rest = split(text)
    return not _without_comments(rest)


def _without_comments(text: str) -> str:
    whole = _PART.sub(lambda m: "" if m.group()[:2] in ("--", "/*") and _closed(m) else "x", text)
    return whole.strip()


def _closed(comment: re.Match[str]) -> bool:
    return comment.group().startswith("--") or comment.group().endswith("*/")
