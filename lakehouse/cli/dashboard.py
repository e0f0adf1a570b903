"""`lakehouse dashboard`: the BI app."""

import os
import socket
import sys
from ipaddress import ip_address
from typing import TYPE_CHECKING, NoReturn

import click

from lakehouse.cli import console
from lakehouse.errors import MachineError

if TYPE_CHECKING:
    from lakehouse.cli.root import Invocation
    from lakehouse.config import Settings


_HINT = "is another dashboard running? --port 8600 takes another port, --port 0 any free one"


@click.command(epilog="Example: lakehouse dashboard --port 8600 --no-browser")
@click.option("--host", help="The address to listen on [127.0.0.1].")
@click.option("--port", type=int, help="The port to listen on; 0 takes a free one [8501].")
@click.option("--no-browser", is_flag=True, help="Print the address and open nothing.")
@click.pass_obj
def dashboard(
    invocation: "Invocation", host: str | None, port: int | None, *, no_browser: bool
) -> None:
    """Open the BI app in the browser; Ctrl-C ends it.

    It shows the marts as they were last built, and follows the builds while it runs.
    """
    settings = invocation.settings(dashboard__host=host, dashboard__port=port)
    if settings.access.login:
        from lakehouse.query.access.provider import check_provider

        settings.access.require_secret()
        check_provider(settings.access)
    listening = _listen(settings.dashboard.host, settings.dashboard.port)
    url = _url(listening)
    click.echo(url)
    console.note("lakehouse: Ctrl-C ends the dashboard")
    if not no_browser:
        _open(url)
    _become_the_app(settings, listening)


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket. Browsers may connect at once: they wait until the app is up."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.create_server((host, port), family=family)
    except OSError as e:
        # Python adds the address to what the system says; an unknown name has no errno.
        reason = e.strerror if isinstance(e, socket.gaierror) else os.strerror(e.errno or 0)
        raise MachineError(f"can't listen on {host}:{port}: {reason}", hint=_HINT) from e
    # Connections inherit it; without it every small answer waits 40 ms for an acknowledgement.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    address = ip_address(host)
    if address.is_unspecified:
        # Every address of this machine answers; loopback is the one a person can open.
        address = ip_address("127.0.0.1" if address.version == 4 else "::1")
    return f"http://{address if address.version == 4 else f'[{address}]'}:{port}"


def _open(url: str) -> None:
    """Open a graphical browser, if there is one: a text browser would take the terminal."""
    import webbrowser

    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return
    if type(browser) is not webbrowser.GenericBrowser:
        browser.open(url)


def _become_the_app(settings: "Settings", listening: socket.socket) -> NoReturn:
    """Replace this process by the app's, so that signals and the exit code are its own.

    Apps are no part of the library that this command belongs to: they are started, not
    imported. The settings go through a pipe, where nobody reads the secrets in them.
    """
    readable, writable = os.pipe()
    with os.fdopen(writable, "wb") as pipe:
        pipe.write(settings.model_dump_json().encode())
    os.dup2(readable, sys.stdin.fileno())
    listening.set_inheritable(True)
    sys.stdout.flush()
    # -P: a folder named `apps` where the person happens to be is not ours.
    # Every session runs in a thread; by default each could keep 64 MB of freed memory to itself.
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
    command = [sys.executable, "-P", "-m", "apps.bi", str(listening.fileno())]
    os.execv(sys.executable, command)  # noqa: S606 - no shell wanted
