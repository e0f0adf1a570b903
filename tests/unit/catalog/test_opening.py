"""Which catalog the settings open, and what is said when they open none."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pytest
from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.catalog.sql import SqlCatalog

from lakehouse.catalog import catalog_endpoint, open_catalog, public_endpoint
from lakehouse.catalog.defaults import TABLE_DEFAULTS
from lakehouse.config import Settings
from lakehouse.errors import CatalogError, ConfigError, MachineError

GLUE = {"type": "glue", "client.region": "us-east-1"}
KEYS = {"client.access-key-id": "key", "client.secret-access-key": "secret"}
NOWHERE = "http://127.0.0.1:9"  # the discard port, where nothing listens


def having(settings: Settings, **properties: str) -> Settings:
    return settings.model_copy(update={"catalog": properties})


class _Answer(BaseHTTPRequestHandler):
    """Answers every request with the status and body in its path: /403/body."""

    def do_GET(self) -> None:
        _, status, body, *_ = unquote(self.path).split("/")
        self.send_response(int(status))
        self.end_headers()
        self.wfile.write(body.encode())

    do_POST = do_GET  # noqa: N815 - the name http.server calls

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def web() -> Iterator[str]:
    """A web server that is no catalog."""
    with HTTPServer(("127.0.0.1", 0), _Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_default_lies_beside_the_warehouse(settings: Settings) -> None:
    with open_catalog(settings) as catalog:
        assert isinstance(catalog, SqlCatalog)
        assert catalog.properties["warehouse"] == f"file://{settings.home}/warehouse"
    assert (settings.home / "catalog.db").is_file()


def test_every_catalog_pyiceberg_knows_gets_the_table_defaults(settings: Settings) -> None:
    with open_catalog(having(settings, type="in-memory", warehouse=str(settings.home))) as catalog:
        catalog.create_namespace("shop")
        table = catalog.create_table("shop.t", pa.schema({"id": pa.int64()}))
        assert TABLE_DEFAULTS.items() <= table.properties.items()


def test_the_environment_of_pyiceberg_is_not_read(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYICEBERG_CATALOG__LAKE__URI", NOWHERE)
    monkeypatch.setenv("PYICEBERG_CATALOG__LAKE__TYPE", "rest")
    with open_catalog(settings) as catalog:
        assert isinstance(catalog, SqlCatalog)


def test_any_database_and_any_service_may_be_configured(settings: Settings, tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/own.db"
    with open_catalog(having(settings, uri=uri, warehouse=str(tmp_path))) as catalog:
        assert isinstance(catalog, SqlCatalog)
        catalog.create_namespace("shop")
    with catalog_endpoint(settings) as running:
        remote = having(settings, type="rest", uri=running.uri, token=running.token)
        with open_catalog(remote) as catalog:
            assert isinstance(catalog, RestCatalog)
            catalog.create_namespace("there")
        with catalog_endpoint(remote) as same:
            assert same == running
        with (
            pytest.raises(CatalogError, match="served already"),
            public_endpoint(remote),
        ):
            pass
    with open_catalog(settings) as catalog:
        assert catalog.list_namespaces() == [("there",)]


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"type": "hive", "uri": "thrift://x"}, "the hive catalog can't be opened"),
        ({"type": "sql", "uri": "junk"}, "can't be opened"),
        ({"type": "sql", "uri": "nosuchdatabase://x"}, "can't be opened"),
        ({"type": "rest", "uri": NOWHERE}, f"{NOWHERE} can't be reached: Connection refused$"),
        ({"type": "rest", "uri": "nonsense"}, "does not answer as an Iceberg REST catalog"),
        (GLUE | KEYS | {"glue.endpoint": NOWHERE, "glue.max-retries": "1"}, "can't be reached"),
        ({"type": "glue", "client.profile-name": "none"}, "the Glue catalog"),
    ],
)
def test_what_can_not_be_opened_is_told_with_a_hint(
    settings: Settings, properties: dict[str, str], message: str
) -> None:
    with pytest.raises(CatalogError, match=message) as caught:
        open_catalog(having(settings, **properties))
    assert caught.value.hint
    assert len(caught.value.message) < 400


@pytest.mark.parametrize(
    ("properties", "message", "hint"),
    [
        ({"type": "hiive"}, "unknown catalog type 'hiive'", "did you mean 'hive'?"),
        ({"type": "Slq"}, "unknown catalog type 'slq'", "did you mean 'sql'?"),
        ({"type": "xyz"}, "unknown catalog type 'xyz'", "known types: "),
        ({"warehouse": "x"}, "does not tell its type", "set type"),
        ({"uri": "ftp://x"}, "does not tell its type", "set type"),
        ({"type": "rest"}, "lacks its uri", "add uri"),
        ({"type": "sql"}, "lacks its uri", "add uri"),
    ],
)
def test_a_catalog_that_makes_no_sense_is_a_wrong_setting(
    settings: Settings, properties: dict[str, str], message: str, hint: str
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        open_catalog(having(settings, **properties))
    assert caught.value.hint.startswith(hint)


def test_a_service_that_does_not_answer_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lakehouse.catalog.remote.CONNECT_SECONDS", 0.05)
    monkeypatch.setattr("lakehouse.catalog.remote.READ_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        uri = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(CatalogError, match=r"can't be reached: no answer in time$"):
            open_catalog(having(settings, type="rest", uri=uri))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("401/no", "refused"),
        ("403/no", "refused"),
        ("404/no", "does not answer as an Iceberg REST catalog"),
        ("500/no", "does not answer as an Iceberg REST catalog"),
        ("200/<html>", "does not answer as an Iceberg REST catalog"),
    ],
)
def test_a_service_that_refuses_or_is_none_is_told(
    settings: Settings, web: str, answer: str, message: str
) -> None:
    with pytest.raises(CatalogError, match=message) as caught:
        open_catalog(having(settings, type="rest", uri=f"{web}/{answer}"))
    assert caught.value.hint


def test_missing_permission_in_aws_is_told(settings: Settings, web: str) -> None:
    properties = (
        GLUE | KEYS | {"glue.endpoint": f"{web}/400/" + '{"__type":"AccessDeniedException"}'}
    )
    with pytest.raises(CatalogError, match=r"refused: .*AccessDenied") as caught:
        open_catalog(having(settings, **properties))
    assert "permissions" in caught.value.hint


def test_a_port_in_use_is_told(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        rest = settings.rest.model_copy(update={"port": taken.getsockname()[1]})
        with (
            pytest.raises(MachineError, match="Address already in use") as caught,
            public_endpoint(settings.model_copy(update={"rest": rest})),
        ):
            pass
    assert "another port" in caught.value.hint


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "myhost"])
def test_strangers_need_a_chosen_token(settings: Settings, host: str) -> None:
    rest = settings.rest.model_copy(update={"host": host, "port": 0})
    with (
        pytest.raises(ConfigError, match="choose a token"),
        public_endpoint(settings.model_copy(update={"rest": rest})),
    ):
        pass


def test_a_chosen_token_is_used(settings: Settings) -> None:
    rest = settings.rest.model_copy(update={"port": 0, "token": "chosen"})
    with public_endpoint(settings.model_copy(update={"rest": rest})) as running:
        assert running.token == "chosen"


def test_a_stopped_service_is_gone(settings: Settings) -> None:
    with catalog_endpoint(settings) as running:
        port = int(running.uri.rpartition(":")[2])
        before = threading.active_count()
    assert threading.active_count() < before
    with socket.create_server(("127.0.0.1", port), reuse_port=False):
        pass
