"""What the errors of a remote catalog mean to a person."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError
from pydantic import ValidationError
from pyiceberg import exceptions as iceberg
from requests import ConnectionError as UnreachableError
from requests import RequestException, Timeout

from lakehouse.errors import CatalogError

# Codes of AWS that say "not you", https://docs.aws.amazon.com/glue/latest/webapi/CommonErrors.html
_REFUSALS: Final = {
    "AccessDeniedException",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "UnrecognizedClientException",
}
_CREDENTIALS: Final = "check the credentials and permissions that [catalog] names or AWS finds"


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Turns what a remote catalog, named by `where` in messages, fails with into CatalogError."""
    try:
        yield
    except (BotoCoreError, ClientError) as e:
        raise _aws(e, where) from e
    except (iceberg.UnauthorizedError, iceberg.ForbiddenError, iceberg.OAuthError) as e:
        hint = "check token or credential in [catalog]"
        raise CatalogError(f"{where} refused: {_first_line(e)}", hint=hint) from e
    except (UnreachableError, Timeout) as e:
        raise CatalogError(
            f"{where} can't be reached: {_reason(e)}", hint="check uri and whether it runs"
        ) from e
    except (iceberg.RESTError, RequestException, ValidationError) as e:
        raise CatalogError(
            f"{where} does not answer as an Iceberg REST catalog: {_first_line(e)}",
            hint="check uri and warehouse in [catalog]",
        ) from e


@contextmanager
def opening(where: str) -> Iterator[None]:
    """The same while a catalog is opened, when wrong properties fail in any way they like."""
    try:
        with explained(where):
            yield
    except (iceberg.NotInstalledError, iceberg.NoSuchPropertyException, TypeError, ValueError) as e:
        raise CatalogError(
            f"{where} can't be opened: {_first_line(e)}", hint="check [catalog]"
        ) from e


def _aws(error: BotoCoreError | ClientError, where: str) -> CatalogError:
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        hint = _CREDENTIALS if code in _REFUSALS else "see the message of AWS above"
        return CatalogError(f"{where} refused: {_first_line(error)}", hint=hint)
    if isinstance(error, NoCredentialsError):
        return CatalogError(f"{where}: no AWS credentials found", hint=_CREDENTIALS)
    if isinstance(error, NoRegionError):
        hint = 'set "glue.region" in [catalog], or AWS_REGION'
        return CatalogError(f"{where}: no AWS region given", hint=hint)
    hint = "check the region and glue.endpoint in [catalog], and the network"
    return CatalogError(f"{where} can't be reached: {_first_line(error)}", hint=hint)


def _reason(error: RequestException) -> str:
    """What the system said, which requests wraps in the names of its own classes."""
    if isinstance(error, Timeout):
        return "no answer in time"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    return "the connection failed"


def _first_line(error: Exception) -> str:
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0][:300]
