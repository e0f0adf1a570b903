"""The HTTP service: Starlette over the state, one connection, answers in milliseconds."""

import socket
import threading
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import uvicorn
from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from lakehouse.errors import LakehouseError, MachineError, ModelError
from lakehouse.ml.lake import Lake
from lakehouse.ml.serving import messages, openapi, state

M = TypeVar("M", bound=BaseModel)

LARGEST_BODY = 1_000_000


def make_app(
    lake: Lake, quantity: state.QuantityService, clock: Callable[[], datetime]
) -> Starlette:
    """The application. Requests take turns at the lake's connection."""
    turn = threading.Lock()

    async def quantities(request: Request) -> Response:
        asked = _parse(messages.QuantityRequest, await _body(request))
        now = clock()
        questions = [line.to_question(now) for line in asked.lines]
        said = await run_in_threadpool(state.answer, quantity, questions)
        answers = [
            messages.QuantityAnswer(
                predicted_quantity=round(units, 2), known_customer=known[0], known_product=known[1]
            )
            for units, known in zip(said, map(quantity.history.knows, questions), strict=True)
        ]
        return _ok(messages.QuantityResponse(run_id=quantity.run.run_id, predictions=answers))

    def recommendations(request: Request) -> Response:
        customer_id = request.path_params["customer_id"]
        with turn:
            rows = state.lists_of(lake, customer_id).to_dicts()
        fields = messages.Recommendation.model_fields
        return _ok(
            messages.RecommendationResponse(
                customer_id=customer_id,
                known_customer=bool(rows) and rows[0]["customer_id"] is not None,
                run_id=rows[0]["run_id"] if rows else "",
                recommendations=[
                    messages.Recommendation(**{name: row[name] for name in fields}) for row in rows
                ],
            )
        )

    def customer(request: Request) -> Response:
        with turn:
            found = state.outlook_of(lake, request.path_params["customer_id"])
        if found is None:
            raise HTTPException(404, f"no customer {request.path_params['customer_id']!r}")
        return _ok(messages.CustomerResponse.model_validate(found))

    return Starlette(
        routes=[
            Route("/v1/quantity", quantities, methods=["POST"]),
            Route("/v1/customers/{customer_id}/recommendations", recommendations),
            Route("/v1/customers/{customer_id}", customer),
            Route("/openapi.json", lambda _: JSONResponse(openapi.description())),
            Route("/docs", lambda _: HTMLResponse(openapi.page())),
            Route("/health", lambda _: JSONResponse({"status": "ok"})),
        ],
        exception_handlers={
            ValidationError: _invalid,
            HTTPException: _refused,
            LakehouseError: _refused,
        },
    )


def serve(
    lake: Lake, host: str, port: int, clock: Callable[[], datetime], ready: Callable[[str], None]
) -> None:
    """Serve until interrupted; `ready` gets the address when it can be asked.

    Raises ModelError when no quantity model is in production, MachineError when the port is in
    use.
    """
    app = make_app(lake, state.load_quantity(lake), clock)
    with _listening(host, port) as listener:
        listener.listen()
        at = listener.getsockname()[1]
        ready(f"http://{f'[{host}]' if ':' in host else host}:{at}")
        config = uvicorn.Config(app, log_level="warning", lifespan="off")
        uvicorn.Server(config).run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Without it every answer waits 40 ms for the client's acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((host, port))
    except OSError as e:
        listener.close()
        raise MachineError(
            f"can't listen on {host}:{port}: {e.strerror}", hint="choose another with --port"
        ) from e
    return listener


async def _body(request: Request) -> bytes:
    content = b""
    try:
        async for chunk in request.stream():
            content += chunk
            if len(content) > LARGEST_BODY:
                raise HTTPException(413, "the body is larger than 1 MB")
    except ClientDisconnect as e:  # nobody will read the answer
        raise HTTPException(400, "the body was cut off") from e
    return content


def _parse(model: type[M], content: bytes) -> M:
    return model.model_validate_json(content)


def _ok(message: BaseModel) -> Response:
    return Response(message.model_dump_json(), media_type="application/json")


def _invalid(_: Request, error: Exception) -> Response:
    fields = []
    if isinstance(error, ValidationError):
        for found in error.errors():
            path = ".".join(str(part) for part in found["loc"])
            fields.append(messages.FieldError(field=path, message=found["msg"]))
    problem = messages.Problem(error="the request is not valid", fields=fields)
    return Response(problem.model_dump_json(), 422, media_type="application/json")


def _refused(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if isinstance(error, ModelError):
        status = 409
    text = error.detail if isinstance(error, HTTPException) else str(error)
    problem = messages.Problem(error=text)
    return Response(problem.model_dump_json(), status, media_type="application/json")
