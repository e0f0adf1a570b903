"""A small OpenID provider: discovery, authorization code, signed tokens, and logging out."""

import json
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from threading import Thread
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "lakehouse", "the client's secret"


class Provider(ThreadingHTTPServer):
    """Whoever is asked for logs in by a click on a name: `people` are groups by name."""

    daemon_threads = True

    def __init__(self, people: dict[str, list[str]]) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.people = people
        self.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
        self.codes: dict[str, dict[str, str]] = {}

    @property
    def url(self) -> str:
        """Its issuer."""
        return f"http://127.0.0.1:{self.server_port}"

    def token(self, name: str, nonce: str) -> str:
        """A signed token that names a person."""
        now = int(time.time())
        claims = {
            "iss": self.url, "aud": CLIENT, "sub": name, "iat": now, "exp": now + 600,
            "nonce": nonce, "email": name, "email_verified": True, "groups": self.people[name],
        }  # fmt: skip
        return jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.key)


class _Answers(BaseHTTPRequestHandler):
    server: Provider

    def log_message(self, *_: object) -> None:
        """Be quiet."""

    def do_GET(self) -> None:
        at, url = urlsplit(self.path), self.server.url
        asked = {name: values[0] for name, values in parse_qs(at.query).items()}
        if at.path == "/.well-known/openid-configuration":
            self._json({
                "issuer": url, "authorization_endpoint": f"{url}/authorize",
                "token_endpoint": f"{url}/token", "jwks_uri": f"{url}/keys",
                "end_session_endpoint": f"{url}/logout", "response_types_supported": ["code"],
                "subject_types_supported": ["public"], "code_challenge_methods_supported": ["S256"],
                "id_token_signing_alg_values_supported": ["RS256"],
            })  # fmt: skip
        elif at.path == "/keys":
            self._json({"keys": [self.server.key.as_dict(private=False)]})
        elif at.path == "/authorize" and asked.get("client_id") == CLIENT:
            self._choice(asked)
        elif at.path == "/logout":
            self._sent(302, b"", Location=asked["post_logout_redirect_uri"])
        else:
            self._sent(404, b"")

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        basic = b64decode(self.headers.get("Authorization", "Basic ").split()[-1]).decode()
        granted = self.server.codes.pop(form.get("code", [""])[0], None)
        if granted is None or SECRET not in basic.replace("%27", "'").replace("+", " ").replace(
            "%20", " "
        ):
            self._json({"error": "invalid_grant"}, 400)
            return
        token = self.server.token(granted["name"], granted["nonce"])
        self._json({"access_token": "x", "token_type": "Bearer", "id_token": token})

    def _choice(self, asked: dict[str, str]) -> None:
        links = []
        for name in self.server.people:
            code = token_urlsafe()
            self.server.codes[code] = {"name": name, "nonce": asked.get("nonce", "")}
            back = f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
            links.append(f'<p><a href="{back}">{name}</a></p>'.replace("&", "&amp;"))
        self._sent(200, "".join(links).encode(), **{"Content-Type": "text/html"})

    def _json(self, content: dict[str, object], code: int = 200) -> None:
        self._sent(code, json.dumps(content).encode(), **{"Content-Type": "application/json"})

    def _sent(self, code: int, content: bytes, **headers: str) -> None:
        self.send_response(code)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def provider(people: dict[str, list[str]]) -> Iterator[Provider]:
    """A running provider."""
    with Provider(people) as made:
        thread = Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join()
