"""Where this process's pages get the published state from, and where they run statements.

Streamlit runs page scripts by path, so nothing can be passed to them: whoever starts the app
provides the watch here, once, before the first page runs.
"""

from apps.bi.workbench.desk import Desk
from lakehouse.query.published_watch import Watch

_provided: list[tuple[Watch, Desk]] = []


def provide(watch: Watch) -> None:
    """Make `watch` the source of all pages of this process; statements run in its lake."""
    before = [desk for _, desk in _provided]
    if before and before[0].settings == watch.settings:
        _provided[:] = [(watch, before[0])]
        return
    for desk in before:
        desk.close()
    _provided[:] = [(watch, Desk(watch.settings))]


def watch() -> Watch:
    """The watch that was provided."""
    return _provided[0][0]


def desk() -> Desk:
    """Where statements run."""
    return _provided[0][1]
