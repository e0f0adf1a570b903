"""Where this process's pages get the published state from.

Streamlit runs page scripts by path, so nothing can be passed to them: whoever starts the app
provides the watch here, once, before the first page runs.
"""

from lakehouse.query.published_watch import Watch

_provided: list[Watch] = []


def provide(watch: Watch) -> None:
    """Make `watch` the source of all pages of this process."""
    _provided[:] = [watch]


def watch() -> Watch:
    """The watch that was provided."""
    return _provided[0]
