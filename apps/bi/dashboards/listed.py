"""The saved dashboards in the navigation."""

import re
from pathlib import Path

from apps.bi import wording
from apps.bi.dashboards import files
from apps.bi.pages import PageSpec
from lakehouse.errors import ConfigError
from lakehouse.query.formats import unique_names

# What their paths begin with.
PATH = "dashboard-"
_OF_NOW = (
    "Saved queries read the tables as they are. One can name an earlier state itself, by "
    "`FOR TIMESTAMP AS OF` or `FOR VERSION AS OF`."
)


def pages(home: Path) -> dict[str, PageSpec]:
    """A page for each saved dashboard, by its name; one that can't be read has a page, too."""
    names = files.names(home)
    paths = unique_names(PATH + re.sub(r"[^A-Za-z0-9_-]", "-", name) for name in names)
    return {name: _page(home, name, path) for name, path in zip(names, paths, strict=True)}


def _page(home: Path, name: str, path: str) -> PageSpec:
    try:
        found = files.read(home, name)
    except ConfigError:
        title, question, icon = name, "What is wrong with its file?", ":material/error:"
    else:
        title, question, icon = found.title, found.question, ":material/dashboard:"
    return PageSpec(
        path, wording.plain(title), wording.plain(question), icon, about_the_lake=True,
        of_now=_OF_NOW, script="dashboard",
    )  # fmt: skip
