"""The namespace part of the service."""

from pydantic import BaseModel, Field
from pyiceberg.exceptions import NoSuchNamespaceError
from starlette.responses import JSONResponse, Response

from lakehouse.catalog.names import check_namespace
from lakehouse.catalog.rest.calls import Call, levels
from lakehouse.catalog.rest.failures import RefusedError
from lakehouse.catalog.rest.pages import page


class CreateNamespaceRequest(BaseModel):
    """The specification's body of that name."""

    namespace: list[str]
    properties: dict[str, str] | None = None


class UpdateNamespacePropertiesRequest(BaseModel):
    """The specification's body of that name."""

    removals: list[str] = Field(default_factory=list)
    updates: dict[str, str] = Field(default_factory=dict)


def list_namespaces(call: Call) -> Response:
    """The namespaces below `parent`, or those at the top."""
    parent = levels(call.query["parent"]) if call.query.get("parent") else ()
    found = sorted(call.catalog.list_namespaces(check_namespace(parent) if parent else ()))
    shown, token = page(found, call.query)
    return JSONResponse({"namespaces": [list(one) for one in shown], "next-page-token": token})


def create_namespace(call: Call) -> Response:
    """Make a namespace."""
    wanted = call.body(CreateNamespaceRequest)
    namespace = check_namespace(tuple(wanted.namespace))
    call.catalog.create_namespace(namespace, wanted.properties or {})
    return _described(call, namespace)


def load_namespace(call: Call) -> Response:
    """The properties of a namespace."""
    return _described(call, call.namespace)


def head_namespace(call: Call) -> Response:
    """Whether a namespace is there."""
    require_namespace(call)
    return Response(status_code=204)


def drop_namespace(call: Call) -> Response:
    """Drop an empty namespace."""
    call.catalog.drop_namespace(call.namespace)
    return Response(status_code=204)


def update_namespace(call: Call) -> Response:
    """Set and remove properties of a namespace."""
    wanted = call.body(UpdateNamespacePropertiesRequest)
    if both := set(wanted.removals) & set(wanted.updates):
        # 422 is the specification's code for a key that is set and removed at once.
        raise RefusedError(
            422, "UnprocessableEntityException", f"set and removed at once: {sorted(both)}"
        )
    done = call.catalog.update_namespace_properties(
        call.namespace, set(wanted.removals), wanted.updates
    )
    return JSONResponse(
        {
            "updated": sorted(done.updated),
            "removed": sorted(done.removed),
            "missing": sorted(done.missing),
        }
    )


def require_namespace(call: Call) -> None:
    """Raises NoSuchNamespaceError when the namespace in the path is not there."""
    if not call.catalog.namespace_exists(call.namespace):
        raise NoSuchNamespaceError(f"Namespace does not exist: {'.'.join(call.namespace)}")


def _described(call: Call, namespace: tuple[str, ...]) -> Response:
    properties = call.catalog.load_namespace_properties(namespace)
    return JSONResponse({"namespace": list(namespace), "properties": properties})
