"""The service as an ASGI application: routes, the token, and one way into the catalog."""

import asyncio
import hmac
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from pyiceberg.catalog import Catalog
from pyiceberg.typedef import Identifier
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from lakehouse.catalog.commits import TransactionalCatalog
from lakehouse.catalog.rest import namespaces, tables, transactions, views
from lakehouse.catalog.rest.calls import Call, Handler
from lakehouse.catalog.rest.failures import RefusedError, error_response, failure
from lakehouse.catalog.rest.staging import StagedFolders
from lakehouse.catalog.views import ViewCatalog

# Files are listed in manifests, not here: a commit is some kilobytes, however much it adds.
LARGEST_BODY: Final = 32 * 1024 * 1024
BODY_SECONDS: Final = 60

_UNAUTHORIZED: Final = error_response(
    401, "NotAuthorizedException", "missing or wrong bearer token"
)
_NAMESPACE: Final = "namespaces/{namespace}"
_VIEW: Final = f"{_NAMESPACE}/views/{{view}}"
_TABLE: Final = f"{_NAMESPACE}/tables/{{table}}"

ROUTES: Final[Mapping[str, Mapping[str, Handler]]] = {
    "namespaces": {"GET": namespaces.list_namespaces, "POST": namespaces.create_namespace},
    _NAMESPACE: {
        "GET": namespaces.load_namespace,
        "HEAD": namespaces.head_namespace,
        "DELETE": namespaces.drop_namespace,
    },
    f"{_NAMESPACE}/properties": {"POST": namespaces.update_namespace},
    f"{_NAMESPACE}/tables": {"GET": tables.list_tables, "POST": tables.create_table},
    _TABLE: {
        "GET": tables.load_table,
        "HEAD": tables.head_table,
        "POST": transactions.commit_table,
        "DELETE": tables.drop_table,
    },
    f"{_TABLE}/metrics": {"POST": tables.report_metrics},
    f"{_NAMESPACE}/register": {"POST": tables.register_table},
    f"{_NAMESPACE}/views": {"GET": views.list_views, "POST": views.create_view},
    _VIEW: {
        "GET": views.load_view,
        "HEAD": views.head_view,
        "POST": views.commit_view,
        "DELETE": views.drop_view,
    },
    "views/rename": {"POST": views.rename_view},
    "tables/rename": {"POST": tables.rename_table},
    "transactions/commit": {"POST": transactions.commit_transaction},
}


def rest_app(
    catalog: Catalog,
    token: str,
    staged: StagedFolders,
    loaded: Callable[[Identifier], None] = lambda _: None,
) -> ASGIApp:
    """The Iceberg REST service over `catalog`, for clients that bear `token`.

    `loaded` is told which table a client reads.
    """

    call = partial(Call, catalog, staged=staged, loaded=loaded)

    def route(path: str, handlers: Mapping[str, Handler]) -> Route:
        async def answer(request: Request) -> Response:
            try:
                return await _answer(request, handlers, call)
            except Exception as e:  # noqa: BLE001 - every error becomes an answer
                return failure(e)

        return Route(path, answer, methods=list(handlers))

    routes = [route("/v1/config", {"GET": configuration})]
    routes += [route(f"/v1/{path}", handlers) for path, handlers in ROUTES.items()]
    return _Guard(Starlette(routes=routes, exception_handlers={HTTPException: _no_route}), token)


def configuration(call: Call) -> Response:
    """What a client is told first: nothing to override, and which endpoints there are."""
    endpoints = [
        f"{method} /v1/{{prefix}}/{path}"
        for path, handlers in ROUTES.items()
        for method in handlers
        if _backs(call.catalog, path)
    ]
    return JSONResponse({"defaults": {}, "overrides": {}, "endpoints": endpoints})


def _backs(catalog: Catalog, path: str) -> bool:
    if path == "transactions/commit":
        return isinstance(catalog, TransactionalCatalog)
    return "views" not in path.split("/") or isinstance(catalog, ViewCatalog)


class _Guard:
    """Lets in who bears the token, and routes by the path as it was sent.

    Starlette routes by the decoded path, where the slash in a table's name would part it.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app if self._knows(scope) else _UNAUTHORIZED
        path = scope["raw_path"].partition(b"?")[0].decode("latin-1")
        await app({**scope, "path": path}, receive, send)

    def _knows(self, scope: Scope) -> bool:
        header = Headers(scope=scope).get("authorization", "")
        scheme, _, given = header.partition(" ")
        # Compared in constant time, so that a wrong token does not tell how far it was right.
        right = hmac.compare_digest(given.strip().encode(), self._token)
        return right and scheme.lower() == "bearer"


async def _answer(
    request: Request, handlers: Mapping[str, Handler], called: Callable[..., Call]
) -> Response:
    call = called(
        path=request.path_params,
        query=request.query_params,
        raw=await _body(request),
        agent=request.headers.get("user-agent", ""),
    )
    # Starlette takes HEAD wherever it takes GET.
    handler = handlers.get(request.method) or handlers["GET"]
    return await run_in_threadpool(handler, call)


async def _body(request: Request) -> bytes:
    chunks, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                size += len(chunk)
                if size > LARGEST_BODY:
                    raise RefusedError(
                        413, "BadRequestException", f"the body exceeds {LARGEST_BODY} bytes"
                    )
                chunks.append(chunk)
    except TimeoutError as e:
        raise RefusedError(
            408, "BadRequestException", f"the body took over {BODY_SECONDS} s"
        ) from e
    except ClientDisconnect as e:
        raise RefusedError(400, "BadRequestException", "the client left") from e
    return b"".join(chunks)


async def _no_route(request: Request, error: Exception) -> Response:
    code = error.status_code if isinstance(error, HTTPException) else 500
    message = f"no route {request.method} {request.url.path}"
    return error_response(code, "NoSuchRouteException", message)
