"""The OpenID provider that people log in at: whether it is one."""

import json
from typing import Any, Final
from urllib.error import URLError
from urllib.request import Request, urlopen

from lakehouse.access_settings import AccessSettings
from lakehouse.errors import ConfigError, MachineError

_SECONDS: Final = 10
_MOST: Final = 1 << 20
# What a login can't do without, of OpenID Connect Discovery 1.0, section 3.
_NEEDED: Final = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")


def check_provider(settings: AccessSettings) -> None:
    """Ask the provider what it is. Raises ConfigError if it is none, MachineError if it is away."""
    url = settings.metadata_url
    hint = "check `provider` under [access]"
    try:
        request = Request(url, headers={"Accept": "application/json"})  # noqa: S310 - http(s) alone
        with urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - the settings hold that
            content = answer.read(_MOST)
    except URLError as e:
        reason = getattr(e, "reason", e)
        raise MachineError(f"the provider can't be asked at {url}: {reason}", hint=hint) from e
    except (OSError, ValueError) as e:
        raise MachineError(f"the provider can't be asked at {url}: {e}", hint=hint) from e
    found = _parsed(content)
    if missing := [name for name in _NEEDED if not isinstance(found.get(name), str)]:
        message = f"{url} is not an OpenID provider's: it does not tell its {missing[0]}"
        raise ConfigError(message, hint=hint)


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
