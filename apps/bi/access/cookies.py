"""Who asks for a file: the login that Streamlit keeps in a signed cookie, read as it reads it."""

import json
from collections.abc import Mapping
from typing import Any

from streamlit.auth_util import get_cookie_with_chunks, get_origin_from_redirect_uri
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME


def claims(cookies: Mapping[str, str]) -> dict[str, Any]:
    """The claims of the token that somebody logged in with; nothing of who did not."""
    secret = get_cookie_secret()

    def signed(name: str) -> bytes | None:
        value = cookies.get(name)
        return (value and decode_signed_value(secret, name, value.encode("latin-1"))) or None

    content = get_cookie_with_chunks(signed, USER_COOKIE_NAME)
    try:
        found = json.loads(content or b"{}")
    except ValueError:
        return {}
    # Streamlit's own rule: a login is one of this address.
    if not isinstance(found, dict) or found.get("origin") != get_origin_from_redirect_uri():
        return {}
    return found
