"""The service in a thread of this process."""

import asyncio
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import uvicorn
from pyiceberg.catalog import Catalog
from pyiceberg.typedef import Identifier

from lakehouse.catalog.endpoint import Endpoint
from lakehouse.catalog.rest.access_log import AccessLog, opened_log
from lakehouse.catalog.rest.app import rest_app
from lakehouse.catalog.rest.staging import StagedFolders
from lakehouse.errors import MachineError

# How long open requests may finish once the service is told to stop.
GRACE_SECONDS = 5


@contextmanager
def serving(  # noqa: PLR0913 - one keyword a setting
    catalog: Catalog,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    token: str = "",
    access_log: Path | None = None,
    loaded: Callable[[Identifier], None] = lambda _: None,
) -> Iterator[Endpoint]:
    """The Iceberg REST service over `catalog`, running until the block ends.

    `port` 0 is a free one, an empty `token` a random one. `loaded` is told which table a client
    reads, in the service's thread. Requests are told in the file `access_log`.
    Raises MachineError when the port is in use, the address is not this machine's, or the file
    can't be written.
    """
    token = token or secrets.token_urlsafe(32)
    staged = StagedFolders()
    with _listening(host, port) as listener, opened_log(access_log) as log:
        app = rest_app(catalog, token, staged, loaded)
        server = _Server(AccessLog(app, log) if log else app)
        thread = threading.Thread(
            target=server.run_on, args=(listener,), name="iceberg-rest", daemon=True
        )
        thread.start()
        try:
            server.ready.wait()
            if not server.started:
                raise MachineError("the catalog service did not start", hint="try again")
            yield Endpoint(_uri(listener), token)
        finally:
            server.stop()
            thread.join()
            staged.clear()


class _Server(uvicorn.Server):
    """Uvicorn without its logging set-up and signal handlers, that tells when it listens."""

    def __init__(self, app: Callable[..., Any]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                # Its warnings (a malformed request, a task cut off) would go to standard error.
                log_level="critical",
                access_log=False,
                lifespan="off",
                date_header=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self.ready = threading.Event()
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def run_on(self, listener: socket.socket) -> None:
        """Serve on the socket until told to stop."""
        try:
            self.run([listener])
        finally:
            self.ready.set()  # whoever waits must not wait for a server that could not start

    def stop(self) -> None:
        """Stop from another thread: no new requests, open ones may finish."""
        self.should_exit = True  # for a server that has not begun yet
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended by itself
                self._loop.call_soon_threadsafe(self._stopping.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Uvicorn's, telling when it is done."""
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self.ready.set()

    async def main_loop(self) -> None:
        """Wait to be stopped; uvicorn's looks ten times a second, and is late by as much."""
        await self._stopping.wait()


def _listening(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as e:
        raise MachineError(f"no address {host!r}: {e.strerror}", hint="try 127.0.0.1") from e
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Accepted connections inherit it. asyncio sets it too, but only where the listening socket
        # says IPPROTO_TCP, which getaddrinfo fills in and a plain socket() does not. Without it
        # every response waits some 40 ms for the client's delayed ACK.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as e:
        listener.close()
        raise MachineError(
            f"can't listen on {host}:{port}: {e.strerror}",
            hint="stop what listens there, or choose another port (0 is any free one)",
        ) from e
    return listener


def _uri(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
