"""A lakehouse with something to lose, behind a catalog whose token is known."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lakehouse.athena.results import printed
from lakehouse.athena.session import open_athena
from lakehouse.catalog import Endpoint, catalog_endpoint, open_catalog
from lakehouse.config import Settings, load_settings
from lakehouse.query import open_session

SECRET = "open-sesame-1001"
ROWS = [(1, "ali"), (2, "baba"), (3, None)]
Rows = list[tuple[object, ...]]


@dataclass(frozen=True)
class Lake:
    """The settings of a lakehouse, the files around it, and what must not be shown."""

    settings: Settings
    outside: Path
    token: str

    def sql(self, attack: str) -> str:
        """An attack on these files."""
        places = {
            "outside": self.outside,
            "folder": self.outside.parent,
            "home": self.settings.home,
            "warehouse": self.settings.warehouse,
        }
        return attack.format(**{name: str(path) for name, path in places.items()})

    def snapshot(self) -> int | None:
        """The id of the table's newest snapshot."""
        with open_catalog(self.settings) as catalog:
            assert catalog.list_tables("shop") == [("shop", "orders")]
            found = catalog.load_table("shop.orders").current_snapshot()
        return found.snapshot_id if found else None

    def files(self) -> set[Path]:
        """Every file around, but those of the catalog's own database and what has spilled."""
        own = (self.settings.home / "tmp", self.settings.home / "catalog.db")
        return {
            path
            for path in self.outside.parent.parent.rglob("*")
            if not any(str(path).startswith(str(place)) for place in own)
        }


@pytest.fixture(scope="package")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    root = tmp_path_factory.mktemp("hostile")
    outside = root / "outside" / "secret.csv"
    outside.parent.mkdir()
    outside.write_text(f"password\n{SECRET}\n")
    local = load_settings(folder=root, environment={})
    with open_session(local, write=True) as session:
        session.run("create schema shop")
        session.run(
            "create table shop.orders as select * from "
            "(values (1, 'ali'), (2, 'baba'), (3, null)) t(id, name)"
        )
    with catalog_endpoint(local) as service, pytest.MonkeyPatch.context() as patched:
        patched.setenv("SESAME", SECRET)
        yield Lake(limited(through(local, service)), outside, service.token)


def through(settings: Settings, service: Endpoint) -> Settings:
    """The same lakehouse, whose catalog is a service."""
    catalog = {
        "type": "rest",
        "uri": service.uri,
        "token": service.token,
        "warehouse": str(settings.warehouse),
    }
    return settings.model_copy(update={"catalog": catalog})


def limited(settings: Settings, seconds: float = 120) -> Settings:
    """The same with little memory, and a time to end."""
    limits = {"memory_limit": "256MiB", "threads": 1, "timeout": seconds}
    return settings.model_copy(update={"query": settings.query.model_copy(update=limits)})


Ask = Callable[[str], Rows]


def athena(settings: Settings) -> Iterator[Ask]:
    """Asks in Athena's dialect."""
    with open_athena(settings) as session:

        def ask(sql: str) -> Rows:
            pages = printed(*session.run(sql)).pages()
            return [row for page in pages for row in zip(*page.to_pydict().values(), strict=True)]

        yield ask


def duckdb(settings: Settings) -> Iterator[Ask]:
    """Asks in DuckDB's dialect."""
    with open_session(settings) as session:

        def ask(sql: str) -> Rows:
            pages = session.run(sql).pages()
            return [tuple(row.values()) for page in pages for row in page.to_pylist()]

        yield ask


DIALECTS = {"athena": athena, "duckdb": duckdb}


@pytest.fixture(scope="package", params=DIALECTS)
def ask(request: pytest.FixtureRequest, lake: Lake) -> Iterator[Ask]:
    """Asks with all the time in the world."""
    yield from DIALECTS[request.param](lake.settings)


@pytest.fixture(scope="package", params=DIALECTS)
def hurried(request: pytest.FixtureRequest, lake: Lake) -> Iterator[tuple[str, Ask]]:
    """A dialect, and what asks in it with half a second a statement."""
    for made in DIALECTS[request.param](limited(lake.settings, 0.5)):
        yield request.param, made
