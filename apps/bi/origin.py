"""Requests that another site's page makes in the person's browser are refused."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class SameOriginMiddleware:
    """Lets a request through whose Origin, if it names one, is the host it asks.

    Streamlit would refuse the others too, but look up this machine's public address first, on
    the internet.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection, as ASGI has it."""
        if scope["type"] in {"http", "websocket"} and not _same_origin(Headers(scope=scope)):
            refusal = PlainTextResponse("a page of another site asked", status_code=403)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _same_origin(headers: Headers) -> bool:
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")
