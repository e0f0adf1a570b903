"""Who looks at the app: the person that the provider's token names, with what the rules show."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from lakehouse.access_settings import AccessSettings
from lakehouse.errors import AccessError
from lakehouse.query.access.rulebook import RuleBook
from lakehouse.query.access.viewer import Person, Viewer


class NotLoggedInError(AccessError):
    """Nobody has logged in, or too long ago."""


def viewer(settings: AccessSettings, rules: RuleBook) -> Viewer | None:
    """Who looks at this page; None where nobody has to log in.

    Raises NotLoggedInError, and AccessError for a token that names nobody, and where the rules
    can't be read.
    """
    if not settings.login:
        return None
    return rules.viewer(person(st.user.to_dict(), settings))


def person(claims: Mapping[str, Any], settings: AccessSettings) -> Person:
    """The person that the claims of a token name. Raises NotLoggedInError, AccessError."""
    if not claims.get("is_logged_in"):
        raise NotLoggedInError("nobody has logged in", hint="log in")
    issued = claims.get("iat")
    if isinstance(issued, int | float):
        age = datetime.now(UTC).timestamp() - issued
        if age > settings.session.total_seconds():
            raise NotLoggedInError("your login has ended", hint="log in again")
    name = claims.get(settings.name_claim)
    if not isinstance(name, str) or not name:
        message = f"the provider does not tell who you are: your token has no {settings.name_claim}"
        raise AccessError(message, hint="set `name_claim` or `scope` under [access]")
    # Anybody may call themselves by another's address where it was never tried.
    if settings.name_claim == "email" and claims.get("email_verified") in (False, "false"):
        message = f"the provider has not verified that {name} is your address"
        raise AccessError(message, hint="verify it there, then log in again")
    groups = claims.get(settings.groups_claim) or ()
    named = [groups] if isinstance(groups, str) else groups
    known = named if isinstance(named, list | tuple) else ()
    return Person(name, frozenset(each for each in known if isinstance(each, str)))
