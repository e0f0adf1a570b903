"""The little Markdown of a page's sentence: **strong**, and a backslash before a sign."""

import re
from html import escape

_MARKS = re.compile(r"\\(.)|\*\*|`")


def as_text(markdown: str) -> str:
    """The sentence without its marks."""
    return _MARKS.sub(lambda found: found[1] or "", markdown)


def as_html(markdown: str) -> str:
    """The sentence as HTML: nothing in it is a tag but <strong>."""
    parts, strong, end = list[str](), False, 0
    for found in _MARKS.finditer(markdown):
        parts.append(escape(markdown[end : found.start()]))
        end = found.end()
        if found[1]:
            parts.append(escape(found[1]))
        elif found[0] == "**":
            strong = not strong
            parts.append("<strong>" if strong else "</strong>")
    parts.append(escape(markdown[end:]) + ("</strong>" if strong else ""))
    return "".join(parts)
