"""The service's own description: OpenAPI 3.1 from the messages, and a page that shows it."""

import html
import json
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from lakehouse import __version__
from lakehouse.ml.serving import messages

ROUTES: tuple[tuple[str, str, str, type[BaseModel] | None, type[BaseModel]], ...] = (
    (
        "post",
        "/v1/quantity",
        "How many units will these order lines have?",
        messages.QuantityRequest,
        messages.QuantityResponse,
    ),
    (
        "get",
        "/v1/customers/{customer_id}/recommendations",
        "What should this customer be shown?",
        None,
        messages.RecommendationResponse,
    ),
    (
        "get",
        "/v1/customers/{customer_id}",
        "Will this customer return, and what will they be?",
        None,
        messages.CustomerResponse,
    ),
)


def description() -> dict[str, Any]:
    """The OpenAPI document."""
    models = [m for route in ROUTES for m in route[3:] if m is not None] + [messages.Problem]
    _, schemas = models_json_schema(
        [(model, "validation") for model in models],
        ref_template="#/components/schemas/{model}",
    )
    paths: dict[str, Any] = {}
    for method, path, summary, request, response in ROUTES:
        paths.setdefault(path, {})[method] = _operation(path, summary, request, response)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Predictions of the lakehouse", "version": __version__},
        "paths": paths,
        "components": {"schemas": schemas["$defs"]},
    }


def page() -> str:
    """The description for people: plain HTML that needs nothing from anywhere."""
    document = description()
    sections = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            sections.append(
                f"<h2><code>{method.upper()} {html.escape(path)}</code></h2>"
                f"<p>{html.escape(operation['summary'])}</p>"
            )
    for name, schema in document["components"]["schemas"].items():
        body = html.escape(json.dumps(schema, indent=2))
        sections.append(f"<h3>{html.escape(name)}</h3><pre>{body}</pre>")
    style = "body{font:16px system-ui;max-width:50rem;margin:2rem auto;padding:0 1rem}"
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{document['info']['title']}"
        f"</title><style>{style}</style><h1>{document['info']['title']}</h1>"
        '<p><a href="/openapi.json">openapi.json</a></p>' + "".join(sections)
    )


def _operation(
    path: str, summary: str, request: type[BaseModel] | None, response: type[BaseModel]
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": summary,
        "responses": {
            "200": {"description": "The answer", "content": _json(response)},
            "4XX": {"description": "Why there is none", "content": _json(messages.Problem)},
        },
    }
    if request is not None:
        operation["requestBody"] = {"required": True, "content": _json(request)}
    if "{customer_id}" in path:
        operation["parameters"] = [
            {"name": "customer_id", "in": "path", "required": True, "schema": {"type": "string"}}
        ]
    return operation


def _json(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}
