"""A catalog behind somebody else's Iceberg REST service."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyiceberg.catalog import Catalog
from pyiceberg.catalog.rest import Endpoints, IdentifierKind, RestCatalog
from pyiceberg.catalog.rest.response import _handle_non_200_response
from pyiceberg.exceptions import (
    CommitFailedException,
    NamespaceNotEmptyError,
    NoSuchViewError,
    TableAlreadyExistsError,
    ViewAlreadyExistsError,
)
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER, SortOrder
from pyiceberg.typedef import EMPTY_DICT, Identifier
from pyiceberg.view import View
from pyiceberg.view.metadata import ViewVersion
from requests import HTTPError, PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter

from lakehouse.catalog.defaults import AnySchema, DefaultingCatalog
from lakehouse.catalog.home_external import HomeExternalTables

CONNECT_SECONDS = 5.0
# A commit to a remote catalog may write to an object store before it answers.
READ_SECONDS = 120.0


class LakeRestCatalog(DefaultingCatalog, RestCatalog):
    """PyIceberg's REST catalog, with the table defaults, and time limits on every request.

    `external` is the folder of the home where definitions of external tables are kept.
    """

    def __init__(self, name: str, external: Path, **properties: str) -> None:
        self.external = external
        super().__init__(name, **properties)

    def drop_namespace(self, namespace: str | Identifier) -> None:
        """As PyIceberg's, and refused while the home keeps external tables in it."""
        database = ".".join(Catalog.identifier_to_tuple(namespace))
        if names := HomeExternalTables(self, self.external).names(database):
            raise NamespaceNotEmptyError(f"Namespace {database} holds {', '.join(names[:5])}")
        super().drop_namespace(namespace)

    def _create_session(self) -> Session:
        session = super()._create_session()
        # PyIceberg sets none: a host that swallows packets would hang a command for ever. A
        # signing adapter that PyIceberg mounted has the longer prefix, and stays.
        for scheme in ("http://", "https://"):
            session.mount(scheme, _TimeLimit())
        return session

    def create_table(  # noqa: PLR0913, PLR0917 - PyIceberg's signature
        self,
        identifier: str | Identifier,
        schema: AnySchema,
        location: str | None = None,
        partition_spec: PartitionSpec = UNPARTITIONED_PARTITION_SPEC,
        sort_order: SortOrder = UNSORTED_SORT_ORDER,
        properties: Mapping[str, Any] = EMPTY_DICT,
    ) -> Table:
        """As PyIceberg's, with the table defaults, where the home keeps no table of that name."""
        self._check_free(identifier)
        return super().create_table(
            identifier, schema, location, partition_spec, sort_order, properties
        )

    def create_view(
        self,
        identifier: str | Identifier,
        schema: AnySchema,
        view_version: ViewVersion,
        location: str | None = None,
        properties: Mapping[str, Any] = EMPTY_DICT,
    ) -> View:
        """As PyIceberg's, failing as our other catalogs do. Raises TableAlreadyExistsError."""
        self._check_free(identifier)
        try:
            given = dict(properties)
            made: View = super().create_view(identifier, schema, view_version, location, given)
        except ViewAlreadyExistsError as e:
            raise TableAlreadyExistsError(str(e)) from e
        return made

    def replace_view(
        self,
        identifier: str | Identifier,
        schema: AnySchema,
        view_version: ViewVersion,
        properties: Mapping[str, Any] = EMPTY_DICT,
    ) -> View:
        """The view of that name, new or in the place of one that was there.

        Raises TableAlreadyExistsError when the name is a table's, CommitFailedException when
        somebody else replaced the view meanwhile.
        """
        try:
            old: View = self.load_view(identifier)
        except NoSuchViewError:
            return self.create_view(identifier, schema, view_version, properties=properties)
        commit = _replacement(old, self._convert_schema_if_needed(schema), view_version, properties)
        parts = self._split_identifier_for_path(identifier, IdentifierKind.VIEW)
        response = self._session.post(
            self.url(Endpoints.load_view, **parts), data=json.dumps(commit).encode()
        )
        try:
            response.raise_for_status()
        except HTTPError as e:
            _handle_non_200_response(e, {404: NoSuchViewError, 409: CommitFailedException})
        replaced: View = self.load_view(identifier)
        return replaced

    def _check_free(self, identifier: str | Identifier) -> None:
        *namespace, name = Catalog.identifier_to_tuple(identifier)
        database = ".".join(namespace)
        if HomeExternalTables(self, self.external).find(database, name):
            raise TableAlreadyExistsError(f"{database}.{name} already exists")


def _replacement(
    old: View, schema: Schema, version: ViewVersion, properties: Mapping[str, Any]
) -> dict[str, Any]:
    """The specification's CommitViewRequest that puts one version in the place of another."""
    made = json.loads(version.model_dump_json(by_alias=True, exclude_none=True))
    made["version-id"] = 1 + max(each.version_id for each in old.versions)
    made["schema-id"] = -1
    shape = json.loads(schema.model_dump_json(by_alias=True))
    gone = sorted(old.properties.keys() - properties.keys())
    return {
        "requirements": [{"type": "assert-view-uuid", "uuid": old.metadata.view_uuid}],
        "updates": [
            {"action": "add-schema", "schema": shape},
            {"action": "add-view-version", "view-version": made},
            {"action": "set-current-view-version", "view-version-id": -1},
            {"action": "set-properties", "updates": dict(properties)},
            {"action": "remove-properties", "removals": gone},
        ],
    }


class _TimeLimit(HTTPAdapter):
    def send(self, request: PreparedRequest, **options: Any) -> Response:  # type: ignore[override] # noqa: ANN401
        options["timeout"] = options.get("timeout") or (CONNECT_SECONDS, READ_SECONDS)
        return super().send(request, **options)
