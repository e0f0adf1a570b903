"""The service's access log: a line a request in Apache's combined format."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lakehouse.errors import MachineError

_UNSAFE = re.compile(r'[\x00-\x1f"\\\x7f-\xff]')


class AccessLog:
    """Tells the requests to an application, as they are answered. Tokens are not told."""

    def __init__(self, app: ASGIApp, file: TextIO) -> None:
        self._app = app
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, and tell it."""
        status, size = 499, 0  # nginx's code of a client that left

        async def noting(message: Message) -> None:
            nonlocal status, size
            status = message.get("status", status)
            size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            # A full disk must not end the service.
            with suppress(OSError, ValueError):
                self._file.write(_line(scope, status, size))
                self._file.flush()


@contextmanager
def opened_log(path: Path | None) -> Iterator[TextIO | None]:
    """The file to append to, until the block ends; None for no path. Raises MachineError."""
    if path is None:
        yield None
        return
    try:
        file = path.open("a", encoding="utf-8")
    except OSError as e:
        hint = "choose another file with --access-log"
        raise MachineError(f"can't write to {path}: {e.strerror}", hint=hint) from e
    with file:
        yield file


def _line(scope: Scope, status: int, size: int) -> str:
    client = (scope.get("client") or ("-",))[0]
    query = f"?{_text(scope['query_string'])}" if scope.get("query_string") else ""
    asked = f"{_safe(scope['method'])} {_text(scope['raw_path'].partition(b'?')[0])}{query}"
    agent = _safe(Headers(scope=scope).get("user-agent", "-"))
    now = datetime.now(UTC)
    version = scope.get("http_version", "1.1")
    request = f'[{now:%d/%b/%Y:%H:%M:%S %z}] "{asked} HTTP/{version}"'
    return f'{client} - - {request} {status} {size} "-" "{agent}"\n'


def _text(raw: bytes) -> str:
    return _safe(raw.decode("latin-1"))


def _safe(text: str) -> str:
    """As Apache writes it: nothing that ends a field or a line."""
    return _UNSAFE.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
