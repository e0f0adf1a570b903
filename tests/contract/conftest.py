"""The three catalogs the suite runs over, and a service to send requests to."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import requests
from click.testing import CliRunner, Result
from pyiceberg.catalog import Catalog, load_catalog

from lakehouse.athena.session import open_athena
from lakehouse.catalog import Endpoint, catalog_endpoint, open_catalog
from lakehouse.cli.root import lakehouse
from lakehouse.config import ExternalSettings, Settings
from lakehouse.errors import LakehouseError

Command: TypeAlias = Callable[..., Result]

BUCKET = "lake"
KINDS = ("sqlite", "rest", pytest.param("glue", marks=pytest.mark.xdist_group("moto")))


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """The address of moto's server: Glue and S3 in this process."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def glue_settings(moto: str, settings: Settings) -> Settings:
    """Settings of a Glue catalog on an empty account with one bucket."""
    requests.post(f"{moto}/moto-api/reset", timeout=10).raise_for_status()
    requests.put(f"{moto}/{BUCKET}", timeout=10).raise_for_status()
    catalog = {
        "type": "glue",
        "warehouse": f"s3://{BUCKET}/warehouse",
        "client.region": "us-east-1",
        "client.access-key-id": "key",
        "client.secret-access-key": "secret",
        "glue.endpoint": moto,
        "s3.endpoint": moto,
    }
    return settings.model_copy(update={"catalog": catalog})


@pytest.fixture
def endpoint(settings: Settings) -> Iterator[Endpoint]:
    """The service over a SQLite catalog."""
    with catalog_endpoint(settings) as running:
        yield running


@pytest.fixture
def client(endpoint: Endpoint) -> Iterator[Catalog]:
    """PyIceberg's own REST client of the service."""
    with client_of(endpoint) as opened:
        yield opened


@pytest.fixture(params=KINDS)
def catalog(request: pytest.FixtureRequest) -> Iterator[Catalog]:
    """Each of the catalogs that tables can live in."""
    if request.param == "rest":
        yield request.getfixturevalue("client")
        return
    name = "settings" if request.param == "sqlite" else "glue_settings"
    with open_catalog(request.getfixturevalue(name)) as opened:
        yield opened


@pytest.fixture(params=KINDS)
def any_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a home on each of the catalogs; raw files may lie in `raw`."""
    external = ExternalSettings(folders=[tmp_path / "raw"])
    if request.param != "rest":
        name = "settings" if request.param == "sqlite" else "glue_settings"
        own: Settings = request.getfixturevalue(name)
        yield own.model_copy(update={"external": external})
        return
    served: Settings = request.getfixturevalue("settings")
    with catalog_endpoint(served) as endpoint:
        given = {"uri": endpoint.uri, "token": endpoint.token}
        catalog = {"type": "rest", **given, "warehouse": str(served.warehouse)}
        home = tmp_path / "other home"
        yield served.model_copy(update={"home": home, "catalog": catalog, "external": external})


@pytest.fixture
def command(any_settings: Settings, tmp_path: Path) -> Command:
    """The command line over each of the catalogs."""
    return commanding(any_settings, tmp_path / "lakehouse.toml")


def commanding(settings: Settings, config: Path) -> Command:
    """The command line, configured by a file of these settings."""
    catalog = [f"{json.dumps(k)} = {json.dumps(v)}" for k, v in settings.catalog.items()]
    folders = json.dumps([str(folder) for folder in settings.external.folders])
    lines = ["[external]", f"folders = {folders}", *(["[catalog]", *catalog] if catalog else [])]
    config.write_text("\n".join(lines))

    def run(*arguments: str) -> Result:
        flags = ["--config", str(config), "--home", str(settings.home)]
        result = CliRunner().invoke(lakehouse, [*flags, *arguments])
        if isinstance(result.exception, LakehouseError):
            assert result.exception.hint
        elif result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def run_all(settings: Settings, *statements: str) -> list[list[tuple[Any, ...]]]:
    """The rows of each statement, in Athena's dialect."""
    found = []
    with open_athena(settings, write=True) as session:
        for sql in statements:
            pages = session.run(sql)[0].pages()
            found.append([tuple(row.values()) for page in pages for row in page.to_pylist()])
    return found


def told(result: Result) -> Any:
    """What a command printed as JSON."""
    assert result.exit_code == 0, result.exception
    return json.loads(result.stdout)


@dataclass(frozen=True)
class Service:
    """Sends single requests, as a client that knows only the specification would."""

    endpoint: Endpoint

    def __call__(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **options: Any
    ) -> requests.Response:
        bearer = self.endpoint.token if token is None else token
        headers = {"Authorization": f"Bearer {bearer}"} | options.pop("headers", {})
        if isinstance(body, bytes):
            options["data"] = body
        elif body is not None:
            options["json"] = body
        url = f"{self.endpoint.uri}/v1/{path}"
        return requests.request(method, url, headers=headers, timeout=30, **options)


@pytest.fixture
def service(endpoint: Endpoint) -> Service:
    """The service, spoken to in plain HTTP."""
    return Service(endpoint)


def client_of(endpoint: Endpoint) -> Catalog:
    """PyIceberg's own REST client."""
    return load_catalog("client", type="rest", uri=endpoint.uri, token=endpoint.token)


def refused(response: requests.Response, code: int, kind: str) -> bool:
    """Whether the response is the specification's error of that code and type."""
    error = response.json()["error"]
    assert set(error) == {"message", "type", "code"}
    assert "Traceback" not in error["message"]
    assert (response.status_code, error["code"], error["type"]) == (code, code, kind)
    return True
