"""The login's settings, as Streamlit wants them."""

import socket
from secrets import token_hex
from typing import Any

from lakehouse.config import Settings


def secrets_for(settings: Settings, listening: socket.socket) -> dict[str, Any] | None:
    """What `st.login` reads of the app's secrets; None where nobody has to log in.

    Without `cookie_secret`, logins hold until the app ends.
    """
    access = settings.access
    if not access.login:
        return None
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    address = access.address.rstrip("/") or f"http://{shown}:{port}"
    return {
        "auth": {
            "redirect_uri": f"{address}/oauth2callback",
            "cookie_secret": access.cookie_secret or token_hex(32),
            "client_id": access.client_id,
            "client_secret": access.client_secret,
            "server_metadata_url": access.metadata_url,
            "client_kwargs": {"scope": access.scope},
        }
    }
