"""Who may look: the login of the dashboard, and what its people share whatever their rules say.

    [access]
    provider = "https://accounts.example.com"   # an OpenID provider turns the login on
    client_id = "lakehouse"

The client's secret comes from LAKEHOUSE_ACCESS__CLIENT_SECRET alone: files are copied.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lakehouse.errors import ConfigError
from lakehouse.maintenance_settings import Duration

_DISCOVERY = "/.well-known/openid-configuration"
_EVERY = "*"
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
# Tables without a rule's column that hold nothing about anybody's sales.
_OPEN: Mapping[str, tuple[str, ...]] = {
    "core.dim_dates": (_EVERY,),
    "core.dim_products": (
        "product_id", "description", "product_kind", "is_service", "list_price",
        "list_price_since", "first_sold_date", "last_sold_date",
    ),
    "history.product_prices": (_EVERY,),
}  # fmt: skip
_Secret = Annotated[str, Field(repr=False)]


class AccessSettings(BaseModel):
    """The login, and the rules' reach. Without `provider` there is none, and everybody sees all.

    `address` is where browsers open the dashboard; without it, where it listens. A person is known
    by `name_claim` of the provider's token, the groups by `groups_claim`, for as long as `session`.
    `through` names, by a column, the table whose rows tell what the column stands for; `open` names
    tables without a rule's column that all may read, and which of their columns (`*`: all).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: str = ""
    client_id: str = ""
    client_secret: _Secret = ""
    cookie_secret: _Secret = ""
    address: str = ""
    scope: str = "openid email profile"
    name_claim: Annotated[str, Field(min_length=1)] = "email"
    groups_claim: str = "groups"
    session: Duration = timedelta(hours=12)
    through: Mapping[str, str] = Field(
        default_factory=lambda: {"customer_id": "core.dim_customers"}
    )
    open: Mapping[str, tuple[str, ...]] = Field(default_factory=lambda: dict(_OPEN))

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if bool(self.provider) != bool(self.client_id):
            raise ValueError("`provider` and `client_id` go together")
        for name in ("provider", "address"):
            _check_address(name, getattr(self, name))
        if self.cookie_secret and len(self.cookie_secret) < 32:
            raise ValueError("`cookie_secret` needs 32 characters or more")
        return self

    @property
    def login(self) -> bool:
        """Whether people have to log in."""
        return bool(self.provider)

    @property
    def metadata_url(self) -> str:
        """Where the provider describes itself."""
        given = self.provider.rstrip("/")
        return given if given.endswith(_DISCOVERY) else given + _DISCOVERY

    def require_secret(self) -> None:
        """Raise ConfigError when people have to log in, and there is no secret to do it with."""
        if self.login and not self.client_secret:
            raise ConfigError(
                "the login needs the secret that the provider gave to this client",
                hint="set LAKEHOUSE_ACCESS__CLIENT_SECRET in the environment",
            )


def _check_address(name: str, given: str) -> None:
    parts = urlsplit(given)
    if not given:
        return
    if not parts.hostname or parts.scheme not in ("http", "https"):
        raise ValueError(f"`{name}` is no address: https://...")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError(f"`{name}` must be https: a login would travel in the clear")
