"""The views of the service: made, listed, loaded and dropped, where the catalog keeps views."""

import json

from pydantic import Field
from pyiceberg.catalog.rest import CreateViewRequest
from pyiceberg.exceptions import NoSuchViewError
from pyiceberg.typedef import Identifier
from pyiceberg.view import View
from starlette.responses import JSONResponse, Response

from lakehouse.catalog.names import check_table
from lakehouse.catalog.rest.calls import Call
from lakehouse.catalog.rest.failures import RefusedError, bad_request
from lakehouse.catalog.rest.namespaces import require_namespace
from lakehouse.catalog.rest.pages import page
from lakehouse.catalog.views import ViewCatalog


class CreateView(CreateViewRequest):
    """PyIceberg's, with the defaults of the specification for what a client leaves out."""

    location: str | None = Field(default=None)


def list_views(call: Call) -> Response:
    """The views of a namespace."""
    require_namespace(call)
    shown, token = page(sorted(call.catalog.list_views(call.namespace)), call.query)
    entries = [{"namespace": list(one[:-1]), "name": one[-1]} for one in shown]
    return JSONResponse({"identifiers": entries, "next-page-token": token})


def create_view(call: Call) -> Response:
    """Make a view."""
    wanted = call.body(CreateView)
    if wanted.location:
        # It would be written to wherever a client says.
        raise RefusedError(403, "ForbiddenException", "views lie in the warehouse")
    if not wanted.view_version.representations:
        raise bad_request("a view needs a representation")
    identifier = check_table((*call.namespace, wanted.name))
    view = call.catalog.create_view(
        identifier, wanted.view_schema, wanted.view_version, None, wanted.properties
    )
    return _described(call, identifier, view)


def load_view(call: Call) -> Response:
    """A view's metadata."""
    identifier = call.named("view")
    return _described(call, identifier, call.catalog.load_view(identifier))


def head_view(call: Call) -> Response:
    """Whether a view is there."""
    identifier = call.named("view")
    if not call.catalog.view_exists(identifier):
        raise NoSuchViewError(f"View does not exist: {'.'.join(identifier)}")
    return Response(status_code=204)


def drop_view(call: Call) -> Response:
    """Drop a view."""
    call.catalog.drop_view(call.named("view"))
    return Response(status_code=204)


def _described(call: Call, identifier: Identifier, view: View) -> Response:
    place = call.catalog.view_location(identifier) if isinstance(call.catalog, ViewCatalog) else ""
    metadata = json.loads(view.metadata.model_dump_json(by_alias=True, exclude_none=True))
    return JSONResponse({"metadata-location": place, "metadata": metadata, "config": {}})
