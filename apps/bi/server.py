"""The server: Streamlit as an ASGI application, on a socket it is handed."""

import gc
import signal
import socket
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
import uvicorn
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from streamlit.web.bootstrap import load_config_options

from apps.bi import source, states
from apps.bi.access.login import secrets_for
from apps.bi.origin import SameOriginMiddleware
from apps.bi.workbench.routes import routes
from lakehouse.config import Settings, debugging
from lakehouse.query.published_watch import Watch

SCRIPT = Path(__file__).with_name("streamlit_app.py")
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
# Whatever the person's own Streamlit configuration says: nothing leaves this machine, nothing
# but our own words reach the terminal, and no traceback reaches a page.
_OPTIONS = {
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.toolbarMode": "viewer",
    "global.developmentMode": False,
    # It would look through all objects of the process after every run of a page, also of the
    # fragment that follows the state: 0.1 s in which no session gets on. Python does it in time.
    "runner.postScriptGC": False,
    "server.fileWatcherType": "none",
    "server.headless": True,
}


def serve(settings: Settings, listening: socket.socket) -> None:
    """Serve the app on a listening socket until SIGINT or SIGTERM, then return."""
    # Uvicorn ends gracefully on these, and then raises them again for the handlers before its.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    watch = Watch(settings)
    source.provide(watch)
    app = st.App(
        SCRIPT,
        routes=routes(settings),
        middleware=_middleware(settings),
        on_script_error=states.broken,
        secrets=secrets_for(settings, listening),
    )
    level = "warning" if debugging() else "critical"
    load_config_options({**_OPTIONS, "logger.level": level})
    config = uvicorn.Config(
        app,
        access_log=False,
        log_level=level,
        timeout_graceful_shutdown=1,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
    )
    # What is here now stays until the end: no collection needs to look through it again.
    gc.collect()
    gc.freeze()
    with closing(watch), closing(source.desk()), watch.running():
        uvicorn.Server(config).run(sockets=[listening])


def _middleware(settings: Settings) -> list[Middleware]:
    # Streamlit sends its 6.7 MB of scripts as they are; compressed they are 2.3 MB.
    stack = [Middleware(SameOriginMiddleware), Middleware(GZipMiddleware, compresslevel=6)]
    if settings.dashboard.host in _LOOPBACK:
        # A name that a foreign site points at this machine must not open the app.
        hosts = ["127.0.0.1", "localhost", "[::1]"]
        if outside := urlsplit(settings.access.address).hostname:
            hosts.append(outside)  # a proxy on this machine asks in its name
        stack.insert(0, Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False))
    return stack
