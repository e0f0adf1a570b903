"""Secrets come from the environment alone: files are copied, shown and versioned."""

from collections.abc import Mapping
from typing import Any

from lakehouse.errors import ConfigError

_SECRETS = (
    ("access", "client_secret"),
    ("access", "cookie_secret"),
    ("smtp", "password"),
    ("webhooks", "secret"),
)


def refuse_secrets(values: Mapping[str, Any], origin: str) -> None:
    """Raise ConfigError when the values of a file hold a secret."""
    for table, name in _SECRETS:
        given = values.get(table)
        if isinstance(given, Mapping) and name in given:
            raise ConfigError(
                f"setting '{table}.{name}' stands in {origin}, and a secret should in no file",
                hint=f"set LAKEHOUSE_{table.upper()}__{name.upper()} in the environment instead",
            )
