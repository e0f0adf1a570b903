"""A mail server and a receiver of webhooks, on free ports, that refuse what they are told to."""

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast


@dataclass
class MailServer:
    """What it has taken, and what it answers. `silent` never answers."""

    port: int = 0
    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    data_answer: str = "250 taken"
    tls: ssl.SSLContext | None = None
    starttls: bool = False
    password: str = ""
    silent: bool = False
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def to(self) -> list[str]:
        return [address for address, _ in self.taken]


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:  # noqa: C901 - a verb each
        server: MailServer = self.server.told  # type: ignore[attr-defined]
        if server.silent:
            server.ended.wait()
            return
        if server.tls and not server.starttls:
            self._encrypt(server.tls)
        self._say("220 here")
        address = ""
        while line := self.rfile.readline().decode().strip():
            verb = line.split(" ", 1)[0].upper()
            if verb == "EHLO":
                offered = ["STARTTLS"] if server.starttls else []
                offered += ["AUTH PLAIN"] if server.password else []
                lines = ["here", *offered]
                for place, each in enumerate(lines):
                    self._say(f"250{' ' if place == len(lines) - 1 else '-'}{each}")
            elif verb == "STARTTLS" and server.tls:
                self._say("220 go")
                self._encrypt(server.tls)
            elif verb == "AUTH":
                given = base64.b64decode(line.split()[-1]).decode().split("\0")[-1]
                server.logins.append(given)
                self._say("235 yes" if given == server.password else "535 wrong password")
            elif verb == "RCPT":
                address = line.split("<")[1].split(">")[0]
                self._say(server.refused.get(address, "250 yes"))
            elif verb == "DATA":
                self._say("354 go")
                self._take(server, address)
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 yes")

    def finish(self) -> None:
        super().finish()
        self.request.close()  # the encrypted one, which nobody else knows

    def _take(self, server: MailServer, address: str) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        if server.data_answer.startswith("250"):
            mail = message_from_bytes(b"".join(lines), policy=policy.default)
            server.taken.append((address, cast("EmailMessage", mail)))
        self._say(server.data_answer)

    def _encrypt(self, context: ssl.SSLContext) -> None:
        self.rfile.close()
        self.wfile.close()
        self.request = context.wrap_socket(self.request, server_side=True)
        self.rfile = self.request.makefile("rb")
        self.wfile = self.request.makefile("wb", 0)

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up in a handshake is what some tests are about."""


@contextmanager
def mail_server(told: MailServer) -> Iterator[MailServer]:
    with _Server(("127.0.0.1", 0), _Talk) as server:
        server.told = told  # type: ignore[attr-defined]
        told.port = server.server_address[1]
        with _serving(server):
            yield told
            told.ended.set()


@dataclass
class Receiver:
    """What came, headers and body, and the status it answers."""

    port: int = 0
    status: int = 200
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?key=s3cret"


@contextmanager
def receiver() -> Iterator[Receiver]:
    told = Receiver()

    class _Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.came.append((dict(self.headers), body))
            self.send_response(told.status)
            if 300 <= told.status < 400:
                self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), _Hook) as server:
        told.port = server.server_address[1]
        with _serving(server):
            yield told


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
