"""docs/athena-conformance.md, from the corpus: `python -m tests.conformance.page [--check]`."""

import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from tests.conformance.corpus import Case, corpus

PAGE = Path(__file__).parents[2] / "docs" / "athena-conformance.md"
_INTRODUCTION = """\
# What Athena's dialect answers here

Generated from `tests/conformance/cases` by `python -m tests.conformance.page`; do not edit.

Each case's answer comes from Trino's documentation, never from the engine: it is an example of the
page, or follows from a rule of it that the case quotes. **right**: every case gives the documented
answer, or Athena's own error. **partly**: what is answered is right, the rest is refused.
**refused**: a clear error, never a number.

Approximate aggregates (`approx_distinct`, `approx_percentile`) are exact here.
"""


def render(cases: Sequence[Case]) -> str:
    """The page."""
    right = sum(1 for case in cases if not case.refused)
    parts = [
        _INTRODUCTION,
        f"{len(cases)} cases: {right} right, {len(cases) - right} refused, 0 silently wrong.\n",
    ]
    pages: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        pages[case.page].append(case)
    for page, members in sorted(pages.items()):
        parts.append(_section(page, members))
    return "\n".join(parts)


def _section(page: str, cases: Sequence[Case]) -> str:
    names: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        names[case.name].append(case)
    lines = [
        f"## [{page.removesuffix('.html')}](https://trino.io/docs/current/{page})\n",
        "| | status | cases | refused |",
        "|---|---|---|---|",
    ]
    for name, members in names.items():
        refused = [case for case in members if case.refused]
        status = "right" if not refused else "refused" if len(refused) == len(members) else "partly"
        why = "; ".join(f"{case.because} ({case.refused})" for case in refused)
        shown = name.replace("|", "\\|")
        lines.append(
            f"| `{shown}` | {status} | {len(members)} | {why.replace('|', chr(92) + '|')} |"
        )
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write the page, or with --check say whether it is up to date."""
    made = render(corpus())
    if "--check" in arguments:
        return 0 if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == made else 1
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
