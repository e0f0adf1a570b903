"""What the updates of a view's commit make of its metadata, as the specification has them."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from pyiceberg.view.metadata import ViewMetadata

from lakehouse.catalog.rest.calls import parse
from lakehouse.catalog.rest.failures import RefusedError, bad_request

_LAST = -1  # "the one that was added last"


Document: TypeAlias = dict[str, Any]


def changed_view(old: ViewMetadata, updates: Sequence[Mapping[str, Any]]) -> ViewMetadata:
    """The metadata with the updates, one after the other. Raises RefusedError."""
    view: Document = json.loads(old.model_dump_json(by_alias=True, exclude_none=True))
    for update in updates:
        action = update.get("action")
        if action in _KEPT:
            continue
        if action not in _ACTIONS:
            raise bad_request(f"no update {action!r} of views")
        try:
            _ACTIONS[action](view, update)
        except (LookupError, TypeError, ValueError, AttributeError) as e:
            raise bad_request(f"{action}: {type(e).__name__}: {e}") from e
    return parse(ViewMetadata, view)


def _add_schema(view: Document, update: Mapping[str, Any]) -> None:
    number = 1 + max(each["schema-id"] for each in view["schemas"])
    view["schemas"].append({**update["schema"], "schema-id": number})


def _add_version(view: Document, update: Mapping[str, Any]) -> None:
    version = dict(update["view-version"])
    if version["schema-id"] == _LAST:
        version["schema-id"] = view["schemas"][-1]["schema-id"]
    others = [each for each in view["versions"] if each["version-id"] != version["version-id"]]
    view["versions"] = [*others, version]


def _set_version(view: Document, update: Mapping[str, Any]) -> None:
    wanted = update["view-version-id"]
    known = [each["version-id"] for each in view["versions"]]
    if wanted != _LAST and wanted not in known:
        raise bad_request(f"the view has no version {wanted!r}")
    view["current-version-id"] = known[-1] if wanted == _LAST else wanted


def _set_properties(view: Document, update: Mapping[str, Any]) -> None:
    view["properties"] |= update["updates"]


def _remove_properties(view: Document, update: Mapping[str, Any]) -> None:
    for key in update["removals"]:
        view["properties"].pop(key, None)


def _set_location(view: Document, update: Mapping[str, Any]) -> None:
    if update["location"] != view["location"]:
        raise RefusedError(403, "ForbiddenException", "views lie in the warehouse")


# There is one format, and a view keeps its own id.
_KEPT: Final = ("assign-uuid", "upgrade-format-version")
_ACTIONS: Final[Mapping[Any, Callable[[Document, Mapping[str, Any]], None]]] = {
    "add-schema": _add_schema,
    "add-view-version": _add_version,
    "set-current-view-version": _set_version,
    "set-properties": _set_properties,
    "remove-properties": _remove_properties,
    "set-location": _set_location,
}
