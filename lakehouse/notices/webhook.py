"""Webhooks: a message as JSON, posted to a URL, signed with the configured secret.

The signature is that of Stripe's scheme: HMAC-SHA256 over the time, a dot and the body, so that
a receiver can refuse what somebody else sent, and what is sent again later.
"""

import hashlib
import hmac
import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import urlsplit

from lakehouse import __version__
from lakehouse.errors import DeliveryError
from lakehouse.notice_settings import WebhookSettings
from lakehouse.notices.definitions import shown
from lakehouse.notices.state import Message

SIGNATURE, DELIVERY, EVENT = "Lakehouse-Signature", "Lakehouse-Delivery", "Lakehouse-Event"


def signature(secret: str, at: datetime, body: bytes) -> str:
    """The value of the header: `t=SECONDS,v1=HEX`."""
    seconds = int(at.timestamp())
    signed = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
    return f"t={seconds},v1={signed.hexdigest()}"


def post(webhooks: WebhookSettings, message: Message, url: str, now: datetime) -> None:
    """Post a message. Raises DeliveryError unless the answer is a 2xx; no redirect is followed."""
    body = json.dumps(message.payload, ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": f"lakehouse/{__version__}",
        DELIVERY: message.id,
        EVENT: message.event,
    }
    if webhooks.secret:
        headers[SIGNATURE] = signature(webhooks.secret, now, body)
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    with _explained(url, webhooks.timeout):
        connection = _connection(url, webhooks.timeout)
        try:
            connection.request("POST", path, body, headers)
            status = connection.getresponse().status
        finally:
            connection.close()
    if 300 <= status < 400:
        hint = "name the URL that it leads to"
        raise DeliveryError(f"{shown(url)} leads elsewhere ({status})", hint=hint)
    if not 200 <= status < 300:
        hint = (
            "its URL, or the secret it expects, may be another" if status < 500 else "ask its owner"
        )
        reason = http.client.responses.get(status, "")
        raise DeliveryError(f"{shown(url)} answered {status} {reason}".rstrip(), hint=hint)


def _connection(url: str, timeout: float) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, parts.port, timeout=timeout, context=context)
    return http.client.HTTPConnection(host, parts.port, timeout=timeout)


@contextmanager
def _explained(url: str, timeout: float) -> Iterator[None]:
    try:
        yield
    except ssl.SSLCertVerificationError as e:
        hint = "SSL_CERT_FILE names the certificates of an authority of your own"
        message = f"the certificate of {shown(url)} can't be trusted: {e.verify_message}"
        raise DeliveryError(message, hint=hint) from e
    except ssl.SSLError as e:
        raise DeliveryError(f"{shown(url)} speaks no TLS", hint="is it http://?") from e
    except TimeoutError as e:
        hint = "it is tried again; webhooks.timeout gives it longer"
        raise DeliveryError(f"{shown(url)} did not answer in {timeout:g} s", hint=hint) from e
    except socket.gaierror as e:
        raise DeliveryError(f"there is no host of {shown(url)}", hint="check the URL") from e
    except http.client.HTTPException as e:
        raise DeliveryError(f"{shown(url)} does not answer in HTTP", hint="check the URL") from e
    except OSError as e:
        reason = e.strerror or type(e).__name__
        raise DeliveryError(f"{shown(url)} can't be reached: {reason}", hint="is it up?") from e
