"""Where this process's pages get the published state from, and where they run statements.

Streamlit runs page scripts by path, so nothing can be passed to them: whoever starts the app
provides the watch here, once, before the first page runs.
"""

from collections.abc import Mapping
from typing import Any

from apps.bi.access import who
from apps.bi.workbench.desk import Desk
from lakehouse.config import Settings
from lakehouse.errors import AccessError
from lakehouse.query.access.audit import AuditJournal
from lakehouse.query.access.rulebook import RuleBook
from lakehouse.query.access.viewer import Viewer
from lakehouse.query.published_watch import Watch

_provided: list[tuple[Watch, Desk]] = []
_rules: list[tuple[Settings, RuleBook, AuditJournal]] = []


def provide(watch: Watch) -> None:
    """Make `watch` the source of all pages of this process; statements run in its lake."""
    before = [desk for _, desk in _provided]
    if before and before[0].settings == watch.settings:
        _provided[:] = [(watch, before[0])]
        return
    for desk in before:
        desk.close()
    for _, _, journal in _rules:
        journal.close()
    settings = watch.settings
    _rules[:] = [(settings, RuleBook(settings), AuditJournal(settings.home))]
    _provided[:] = [(watch, Desk(settings, viewer, _rules[0][2]))]


def watch() -> Watch:
    """The watch that was provided."""
    return _provided[0][0]


def desk() -> Desk:
    """Where statements run."""
    return _provided[0][1]


def viewer() -> Viewer | None:
    """Who looks at this page, with what the rules of this moment show; None sees everything.

    Raises AccessError for who has not logged in, and where the rules can't be read.
    """
    settings, rules, _ = _rules[0]
    return who.viewer(settings.access, rules)


def viewer_of(claims: Mapping[str, Any]) -> Viewer | None:
    """The same of somebody whose token has these claims."""
    settings, rules, _ = _rules[0]
    return rules.viewer(who.person(claims, settings.access)) if settings.access.login else None


def rules_seen() -> str:
    """What changes when the rules show something else to who looks at this page."""
    try:
        found = viewer()
    except AccessError as e:
        return e.message
    return f"{found.person.name} {found.scope.digest}" if found else ""


def audit() -> AuditJournal:
    """Where it is entered who asked what."""
    return _rules[0][2]
