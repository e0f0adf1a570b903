import socket
import threading
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

import pytest
import requests

from lakehouse.catalog import open_catalog
from lakehouse.catalog.rest import server, serving
from lakehouse.catalog.rest.server import _listening
from lakehouse.config import Settings
from lakehouse.errors import MachineError


def test_connections_do_not_wait_for_delayed_acknowledgements() -> None:
    with _listening("127.0.0.1", 0) as listener:
        with socket.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_the_service_listens_on_either_loopback(settings: Settings) -> None:
    with open_catalog(settings) as catalog:
        for host, shown in (("localhost", "http://"), ("::1", "http://[::1]:")):
            with serving(catalog, host=host) as endpoint:
                assert endpoint.uri.startswith(shown)
                headers = {"Authorization": f"Bearer {endpoint.token}"}
                assert requests.get(f"{endpoint.uri}/v1/config", headers=headers, timeout=30).ok


def test_a_host_that_is_none_is_told(settings: Settings) -> None:
    with (
        open_catalog(settings) as catalog,
        pytest.raises(MachineError, match="no address"),
        serving(catalog, host="no.such.host.invalid"),
    ):
        pass


def test_the_service_stops_when_the_block_fails(settings: Settings) -> None:
    others = set(threading.enumerate())  # a test beside this one may share its service
    with open_catalog(settings) as catalog:
        with pytest.raises(ZeroDivisionError), serving(catalog) as endpoint:
            raise ZeroDivisionError
        with pytest.raises(requests.ConnectionError):
            requests.get(endpoint.uri, timeout=5)
    left = set(threading.enumerate()) - others
    assert not [thread for thread in left if thread.name == "iceberg-rest"]


def test_a_request_that_is_open_is_answered_before_the_service_stops(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "GRACE_SECONDS", 60)
    body = b'{"namespace": ["late"]}'
    with open_catalog(settings) as catalog, ExitStack() as running:
        endpoint = running.enter_context(serving(catalog))
        place = urlsplit(endpoint.uri)
        address = (str(place.hostname), int(place.port or 0))
        head = f"POST /v1/namespaces HTTP/1.1\r\nHost: here\r\nContent-Length: {len(body)}\r\n"
        with socket.create_connection(address) as client:
            client.sendall(f"{head}Authorization: Bearer {endpoint.token}\r\n\r\n".encode())
            client.sendall(body[:5])
            # Its answer says that the service has taken up what came before it.
            headers = {"Authorization": f"Bearer {endpoint.token}"}
            assert requests.get(f"{endpoint.uri}/v1/config", headers=headers, timeout=30).ok
            stopping = threading.Thread(target=running.close)
            stopping.start()
            wait_until_unheard(address)
            client.sendall(body[5:])
            assert client.recv(100).startswith(b"HTTP/1.1 200 OK")
        stopping.join()
        assert catalog.namespace_exists("late")


def wait_until_unheard(address: tuple[str, int]) -> None:
    """Until nobody listens there, found out without a connection that nobody would close."""
    while True:
        with socket.socket() as place, suppress(OSError):
            place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            place.bind(address)
            return
