"""How messages leave: `[smtp]` and `[webhooks]` of lakehouse.toml.

Their secrets come from the environment alone: `LAKEHOUSE_SMTP__PASSWORD` and
`LAKEHOUSE_WEBHOOKS__SECRET`.
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

# What can stand in a header as it is: no white space, no signs that quote, one @.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def _address(given: str) -> str:
    if len(given) > 254 or not _ADDRESS.fullmatch(given):
        raise ValueError('an e-mail address is like "name@example.com"')
    return given


Address = Annotated[str, AfterValidator(_address)]
Secret = Annotated[str, Field(repr=False, pattern=r"^[^\r\n]*$")]


class SmtpSettings(BaseModel):
    """The server that takes our mail. Without a `host` no mail can be sent.

    `security`: starttls (port 587 unless another is given), tls from the first byte (465), or none
    (25). `timeout` is in seconds, for every step.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: Annotated[str, Field(pattern=r"^[^\s/@]*$")] = ""
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: Annotated[str, Field(pattern=r"^[^\r\n]*$")] = ""
    password: Secret = ""
    sender: Address | None = None
    timeout: Annotated[float, Field(gt=0, le=600)] = 30.0

    @property
    def at(self) -> tuple[str, int]:
        """Host and port."""
        return self.host, self.port or _PORTS[self.security]

    @model_validator(mode="after")
    def _whole(self) -> "SmtpSettings":
        if self.host and self.sender is None:
            raise ValueError(
                'sender is missing: the address that mail comes from, "bi@example.com"'
            )
        if self.user and self.security == "none" and self.host not in _LOOPBACK:
            raise ValueError(f"without encryption {self.host} would be sent the password in clear")
        return self


class WebhookSettings(BaseModel):
    """Where messages go as JSON. With a `secret` they are signed. `timeout` is in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secret: Secret = ""
    timeout: Annotated[float, Field(gt=0, le=600)] = 15.0
