"""What went wrong, as the specification's error body: a message, a type and a status code."""

import logging
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError as PydanticError
from pyiceberg import exceptions as iceberg
from starlette.responses import JSONResponse

from lakehouse.errors import CatalogError, MachineError

log = logging.getLogger(__name__)
log.addHandler(logging.NullHandler())


class RefusedError(Exception):
    """A request that is refused before the catalog sees it."""

    def __init__(self, code: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.kind = kind


def bad_request(message: str) -> RefusedError:
    """The refusal of a request that makes no sense."""
    return RefusedError(400, "BadRequestException", message)


# Codes and types are those of the specification and of its Java reference implementation
# (RESTCatalogAdapter). The first class that fits decides.
_FAILURES: Final[tuple[tuple[type[Exception], int, str], ...]] = (
    (iceberg.NoSuchNamespaceError, 404, "NoSuchNamespaceException"),
    (iceberg.NoSuchTableError, 404, "NoSuchTableException"),
    (iceberg.NoSuchViewError, 404, "NoSuchViewException"),
    (iceberg.NoSuchIdentifierError, 404, "NoSuchTableException"),
    (iceberg.NamespaceAlreadyExistsError, 409, "AlreadyExistsException"),
    (iceberg.TableAlreadyExistsError, 409, "AlreadyExistsException"),
    (iceberg.NamespaceNotEmptyError, 409, "NamespaceNotEmptyException"),
    (iceberg.CommitFailedException, 409, "CommitFailedException"),
    (iceberg.CommitStateUnknownException, 500, "CommitStateUnknownException"),
    (iceberg.ValidationError, 400, "ValidationException"),
    (PydanticError, 400, "BadRequestException"),
    (NotImplementedError, 406, "UnsupportedOperationException"),
    # The catalog behind this one, in AWS, is out of reach or refuses.
    (BotoCoreError, 503, "ServiceUnavailableException"),
    (ClientError, 503, "ServiceUnavailableException"),
    (CatalogError, 503, "ServiceUnavailableException"),
    (MachineError, 503, "ServiceUnavailableException"),
    # A lost file is no missing table: a client told 404 would go on and create it.
    (FileNotFoundError, 500, "NotFoundException"),
    (PermissionError, 403, "ForbiddenException"),
    (OSError, 503, "ServiceUnavailableException"),  # the disk is full
    (ValueError, 400, "BadRequestException"),
)


def failure(error: Exception) -> JSONResponse:
    """The response that tells a client about an error; never a traceback."""
    if isinstance(error, RefusedError):
        return error_response(error.code, error.kind, str(error))
    for kind, code, name in _FAILURES:
        if isinstance(error, kind):
            return error_response(code, name, describe(error))
    log.error("request failed", exc_info=error)
    message = f"{type(error).__name__}: {error}".partition("\n")[0]
    return error_response(500, "ServiceFailureException", message)


def describe(error: Exception) -> str:
    """An error's message; of what fails to parse, the places at fault without their content."""
    if not isinstance(error, PydanticError):
        return str(error)
    faults = (f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in error.errors()[:5])
    return f"{error.title}: {'; '.join(faults)}"


def error_response(code: int, kind: str, message: str) -> JSONResponse:
    """An error response as the specification's IcebergErrorResponse."""
    body = {"error": {"message": message, "type": kind, "code": code}}
    headers = {"WWW-Authenticate": "Bearer"} if code == 401 else None
    return JSONResponse(body, status_code=code, headers=headers)
