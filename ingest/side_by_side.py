"""Several streams at once: each follower in a thread of its own, with a catalog of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from threading import Event

from ingest.following import Watcher
from ingest.landing import LandingReport
from ingest.streams import follow_stream
from lakehouse.catalog import open_catalog
from lakehouse.config import Settings

# Python delivers signals to its main thread only while that is not waiting for ever.
_GLANCE_SECONDS = 0.2


def follow_streams(
    names: Sequence[str], settings: Settings, watcher: Callable[[str], Watcher], stop: Event
) -> dict[str, LandingReport]:
    """Follow the streams until `stop` is set; what was done, by stream. See `follow_stream`.

    When one fails, the others deliver what they have read and end too; then its error is raised.
    """

    def follow(name: str) -> LandingReport:
        with open_catalog(settings) as catalog:
            return follow_stream(name, catalog, settings, watcher(name), stop=stop)

    with ThreadPoolExecutor(len(names), thread_name_prefix="follow") as pool:
        jobs: dict[str, Future[LandingReport]] = {n: pool.submit(follow, n) for n in names}
        running = set(jobs.values())
        while running:
            done, running = wait(running, _GLANCE_SECONDS, FIRST_EXCEPTION)
            if any(job.exception() for job in done):
                stop.set()
    return {name: job.result() for name, job in jobs.items()}
