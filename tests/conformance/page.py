"""docs/athena-conformance.md, from the corpus: `python -m tests.conformance.page [--check]`."""

import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from tests.conformance.corpus import QUERIES, STATEMENTS, Case, corpus

PAGE = Path(__file__).parents[2] / "docs" / "athena-conformance.md"
_INTRODUCTION = """\
# What Athena's dialect answers here

Generated from `tests/conformance/cases` and `tests/conformance/statements` by
`python -m tests.conformance.page`; do not edit. Every case is run by the tests.

Each case's answer comes from the documentation of Trino or Athena, or from Trino's own tests, never
from the engine: it is an example of the page, or follows from a rule that the case quotes.
**right**: every case gives the documented answer, or Athena's own error. **partly**: what is
answered is right, the rest is refused. **refused**: a clear error, never a number. **deviates**:
answered, but otherwise than in Athena, and how.

Approximate aggregates (`approx_distinct`, `approx_percentile`) are exact here.
"""


def render(queries: Sequence[Case], statements: Sequence[Case]) -> str:
    """The page."""
    parts = [_INTRODUCTION]
    for title, cases in (("Functions and queries", queries), ("Statements", statements)):
        parts += [f"# {title}\n", _count(cases)]
        pages: dict[str, list[Case]] = defaultdict(list)
        for case in cases:
            pages[case.page].append(case)
        parts += [_section(page, members) for page, members in sorted(pages.items())]
    return "\n".join(parts)


def _count(cases: Sequence[Case]) -> str:
    refused = sum(1 for case in cases if case.refused)
    deviating = sum(1 for case in cases if case.deviates)
    right = len(cases) - refused - deviating
    also = f", {deviating} otherwise than in Athena" if deviating else ""
    return f"{len(cases)} cases: {right} right, {refused} refused{also}, 0 silently wrong.\n"


def _section(page: str, cases: Sequence[Case]) -> str:
    names: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        names[case.name].append(case)
    lines = [
        f"## {_link(page)}\n",
        "| | status | cases | refused or otherwise |",
        "|---|---|---|---|",
    ]
    for name, members in names.items():
        why = "; ".join(filter(None, map(_shortfall, members)))
        shown = name.replace("|", "\\|")
        why = why.replace("|", "\\|")
        lines.append(f"| `{shown}` | {_status(members)} | {len(members)} | {why} |")
    return "\n".join(lines) + "\n"


def _link(page: str) -> str:
    if page.startswith("https://"):
        return f"[{page.rpartition('/')[2].removesuffix('.html')}]({page})"
    return f"[{page.removesuffix('.html')}](https://trino.io/docs/current/{page})"


def _status(cases: Sequence[Case]) -> str:
    if any(case.deviates for case in cases):
        return "deviates"
    refused = sum(1 for case in cases if case.refused)
    return "right" if not refused else "refused" if refused == len(cases) else "partly"


def _shortfall(case: Case) -> str:
    return f"{case.because} ({case.refused})" if case.refused else case.deviates


def main(arguments: Sequence[str]) -> int:
    """Write the page, or with --check say whether it is up to date."""
    made = render(corpus(QUERIES), corpus(STATEMENTS))
    if "--check" in arguments:
        return 0 if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == made else 1
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
