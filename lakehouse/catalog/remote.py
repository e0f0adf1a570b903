"""A catalog behind somebody else's Iceberg REST service."""

from typing import Any

from pyiceberg.catalog.rest import RestCatalog
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter

from lakehouse.catalog.defaults import DefaultingCatalog

CONNECT_SECONDS = 5.0
# A commit to a remote catalog may write to an object store before it answers.
READ_SECONDS = 120.0


class LakeRestCatalog(DefaultingCatalog, RestCatalog):
    """PyIceberg's REST catalog, with the table defaults, and time limits on every request."""

    def _create_session(self) -> Session:
        session = super()._create_session()
        # PyIceberg sets none: a host that swallows packets would hang a command for ever. A
        # signing adapter that PyIceberg mounted has the longer prefix, and stays.
        for scheme in ("http://", "https://"):
            session.mount(scheme, _TimeLimit())
        return session


class _TimeLimit(HTTPAdapter):
    def send(self, request: PreparedRequest, **options: Any) -> Response:  # type: ignore[override] # noqa: ANN401
        options["timeout"] = options.get("timeout") or (CONNECT_SECONDS, READ_SECONDS)
        return super().send(request, **options)
