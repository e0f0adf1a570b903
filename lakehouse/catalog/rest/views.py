"""The views of the service: made, replaced, renamed, dropped, where the catalog keeps views."""

import json
from typing import Any

from pydantic import BaseModel, Field
from pyiceberg.catalog.rest import CreateViewRequest
from pyiceberg.exceptions import CommitFailedException, NoSuchViewError
from pyiceberg.typedef import Identifier
from pyiceberg.view import View
from starlette.responses import JSONResponse, Response

from lakehouse.catalog.names import check_table
from lakehouse.catalog.rest.calls import Call
from lakehouse.catalog.rest.failures import RefusedError, bad_request
from lakehouse.catalog.rest.namespaces import require_namespace
from lakehouse.catalog.rest.pages import page
from lakehouse.catalog.rest.tables import RenameTable, identifier_of
from lakehouse.catalog.rest.view_changes import changed_view
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


class CommitView(BaseModel):
    """Changes to a view; `requirements` are what must hold of it."""

    requirements: list[dict[str, Any]] = []
    updates: list[dict[str, Any]]


def commit_view(call: Call) -> Response:
    """Put another version, or other properties, in the place of a view's."""
    if not isinstance(call.catalog, ViewCatalog):
        raise NotImplementedError("this catalog keeps no views")
    wanted, identifier = call.body(CommitView), call.named("view")
    old = call.catalog.load_view(identifier)
    for each in wanted.requirements:
        if each.get("type") != "assert-view-uuid":
            raise bad_request(f"no requirement {each.get('type')!r} of views")
        if each.get("uuid") != old.metadata.view_uuid:
            raise CommitFailedException(f"{'.'.join(identifier)} is another view by now")
    made = changed_view(old.metadata, wanted.updates)
    (version,) = [one for one in made.versions if one.version_id == made.current_version_id]
    schemas = {schema.schema_id: schema for schema in made.schemas}
    if version.schema_id not in schemas or not version.representations:
        raise bad_request("a version of a view needs one of its schemas, and a representation")
    schema = schemas[version.schema_id]
    view = call.catalog.replace_view(identifier, schema, version, made.properties)
    return _described(call, identifier, view)


def rename_view(call: Call) -> Response:
    """Give a view another name: it is there under both for a moment."""
    wanted = call.body(RenameTable)
    old, new = identifier_of(wanted.source), identifier_of(wanted.destination)
    view = call.catalog.load_view(old)
    call.catalog.create_view(
        new, view.schema(), view.current_version(), None, view.metadata.properties
    )
    call.catalog.drop_view(old)
    return Response(status_code=204)


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
