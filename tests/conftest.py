"""Fixtures every test may ask for: a home of its own, and the real data where it is at hand."""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from lakehouse.config import Settings, load_settings

# An example may take as long as it takes: a timed test is a flaky test.
hypothesis_settings.register_profile("untimed", deadline=None)
hypothesis_settings.load_profile("untimed")

# A runner in the background ignores Ctrl-C, and so would every command that a test starts.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--renew-baselines",
        action="store_true",
        help="Make the pictures anew that pages in the browser are compared with.",
    )


ONLINE_RETAIL = "shared/data/online-retail.csv.gz"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Default settings on an empty home."""
    return load_settings(folder=tmp_path, environment={})


@pytest.fixture
def one_thread(settings: Settings) -> Settings:
    """The same, with one thread: dbt's builds of a few rows take half the work of the cores."""
    query = settings.query.model_copy(update={"threads": 1})
    return settings.model_copy(update={"query": query})


@pytest.fixture(scope="session")
def parsed_in(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], None]:
    """Give a new home what dbt keeps of a project it has parsed: three seconds less for each."""
    # Imported here: most runs of some tests need no dbt.
    from dbt_project.plugin.invocation import invoke

    settings = load_settings(folder=tmp_path_factory.mktemp("parsed"), environment={})
    assert invoke(settings, ["parse"]).success
    parsed = settings.home / "dbt" / "target" / "partial_parse.msgpack"

    def give(home: Path) -> None:
        target = home / "dbt" / "target"
        target.mkdir(parents=True)
        shutil.copy(parsed, target)

    return give


@pytest.fixture(scope="session")
def online_retail() -> Path:
    """The real order log: 541,909 lines. In CI it must be there; elsewhere its absence skips."""
    beside = Path(__file__).parents[2] / ONLINE_RETAIL
    path = Path(os.environ.get("LAKEHOUSE_ONLINE_RETAIL", beside))
    if path.is_file():
        return path
    if os.environ.get("CI"):
        pytest.fail(f"CI must have the real data, and {path} is missing")
    pytest.skip(f"no real data: set LAKEHOUSE_ONLINE_RETAIL (looked at {path})")
