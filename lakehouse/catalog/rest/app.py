"""The service as an ASGI application: routes, the token, and one way into the catalog."""

import hmac
from collections.abc import Mapping
from typing import Final

from pyiceberg.catalog import Catalog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from lakehouse.catalog.commits import TransactionalCatalog
from lakehouse.catalog.rest import namespaces, tables, transactions
from lakehouse.catalog.rest.calls import Call, Handler
from lakehouse.catalog.rest.failures import RefusedError, error_response, failure

# A commit that adds 100,000 files is about 100 bytes: files are listed in manifests, not here.
LARGEST_BODY: Final = 32 * 1024 * 1024

_NAMESPACE: Final = "namespaces/{namespace}"
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
    "tables/rename": {"POST": tables.rename_table},
    "transactions/commit": {"POST": transactions.commit_transaction},
}


def rest_app(catalog: Catalog, token: str) -> ASGIApp:
    """The Iceberg REST service over `catalog`, for clients that bear `token`."""
    routes = [_route("/v1/config", {"GET": configuration}, catalog, token)]
    routes += [_route(f"/v1/{path}", handlers, catalog, token) for path, handlers in ROUTES.items()]
    app = Starlette(routes=routes, exception_handlers={HTTPException: _no_route})
    return _EncodedPaths(app)


def configuration(call: Call) -> Response:
    """What a client is told first: nothing to override, and which endpoints there are."""
    endpoints = [
        f"{method} /v1/{{prefix}}/{path}"
        for path, handlers in ROUTES.items()
        for method in handlers
        if path != "transactions/commit" or isinstance(call.catalog, TransactionalCatalog)
    ]
    return JSONResponse({"defaults": {}, "overrides": {}, "endpoints": endpoints})


class _EncodedPaths:
    """Routes by the path as it was sent: a name may hold an encoded slash."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw = scope.get("raw_path")
        if raw:
            scope = {**scope, "path": raw.partition(b"?")[0].decode("latin-1")}
        await self._app(scope, receive, send)


def _route(path: str, handlers: Mapping[str, Handler], catalog: Catalog, token: str) -> Route:
    expected = token.encode()

    async def answer(request: Request) -> Response:
        try:
            _authorize(request, expected)
            call = Call(catalog, request.path_params, request.query_params, await _body(request))
            # Starlette takes HEAD wherever it takes GET.
            handler = handlers.get(request.method) or handlers["GET"]
            return await run_in_threadpool(handler, call)
        except Exception as e:  # noqa: BLE001 - every error becomes an answer
            return failure(e)

    return Route(path, answer, methods=list(handlers))


def _authorize(request: Request, expected: bytes) -> None:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), expected):
        raise RefusedError(401, "NotAuthorizedException", "missing or wrong bearer token")


async def _body(request: Request) -> bytes:
    chunks, size = [], 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > LARGEST_BODY:
                raise RefusedError(
                    413, "BadRequestException", f"the body exceeds {LARGEST_BODY} bytes"
                )
            chunks.append(chunk)
    except ClientDisconnect as e:
        raise RefusedError(400, "BadRequestException", "the client left") from e
    return b"".join(chunks)


async def _no_route(request: Request, error: Exception) -> Response:
    code = error.status_code if isinstance(error, HTTPException) else 500
    return error_response(
        code, "NoSuchRouteException", f"no route {request.method} {request.url.path}"
    )
