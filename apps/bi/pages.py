"""The pages: which there are, what each answers, and which filters it takes.

docs/dashboard.md says how one is added.
"""

from dataclasses import dataclass

from apps.bi.filters import Filter


@dataclass(frozen=True)
class PageSpec:
    """One page of the app: the script `app_pages/<path>.py`, at the URL /<path>.

    `needs` are the tables without which it can't be shown. One that is `about_the_lake` is run
    whatever state the lake is in, and finds `lake_view()`.
    """

    path: str
    title: str
    question: str
    icon: str
    filters: tuple[Filter, ...] = ()
    needs: tuple[str, ...] = ()
    about_the_lake: bool = False


PAGES = (
    PageSpec(
        "overview",
        "Sales overview",
        "How are we doing, against what, and why?",
        ":material/monitoring:",
        filters=tuple(Filter),
    ),
)
