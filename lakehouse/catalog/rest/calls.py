"""A request, parsed: what is asked, of which namespace and table, with which body."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import unquote

from pydantic import BaseModel
from pydantic import ValidationError as PydanticError
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import ValidationError
from pyiceberg.typedef import Identifier
from starlette.responses import Response

from lakehouse.catalog.names import check_namespace, check_table
from lakehouse.catalog.rest.failures import bad_request, describe
from lakehouse.catalog.rest.staging import StagedFolders

# The specification joins the levels of a namespace by the unit separator.
SEPARATOR = "\x1f"

Body = TypeVar("Body", bound=BaseModel)


@dataclass(frozen=True)
class Call:
    """One request. Path parameters still carry their percent-encoding.

    `loaded` is told which table a client reads.
    """

    catalog: Catalog
    path: Mapping[str, str]
    query: Mapping[str, str]
    raw: bytes
    staged: StagedFolders
    agent: str = ""
    loaded: Callable[[Identifier], None] = lambda _: None

    @property
    def namespace(self) -> Identifier:
        """The namespace in the path. Raises ValueError for names the catalog does not take."""
        return check_namespace(levels(unquote(self.path["namespace"])))

    @property
    def identifier(self) -> Identifier:
        """The namespace and the table in the path."""
        return self.named("table")

    def named(self, kind: str) -> Identifier:
        """The namespace, and the `kind` of thing in it, that the path names."""
        return check_table((*self.namespace, unquote(self.path[kind])))

    def body(self, model: type[Body]) -> Body:
        """The body as `model`. Raises RefusedError (400) for one that is none."""
        return parse(model, self.fields())

    def fields(self) -> dict[str, Any]:
        """The body as a JSON object. Raises RefusedError (400) for anything else."""
        try:
            found = json.loads(self.raw)
        except (ValueError, RecursionError) as e:
            raise bad_request(f"the body is not JSON: {e}") from e
        if not isinstance(found, dict):
            raise bad_request("the body is not a JSON object")
        return found


Handler = Callable[[Call], Response]


def parse(model: type[Body], fields: object) -> Body:
    """The value as `model`. Raises RefusedError (400) that names the fields at fault."""
    try:
        return model.model_validate(fields)
    except PydanticError as e:
        raise bad_request(describe(e)) from e
    except (
        ValidationError,
        ArithmeticError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ) as e:
        # PyIceberg's validators fail in their own ways on JSON of the wrong shape.
        raise bad_request(f"{model.__name__}: {type(e).__name__}: {e}") from e


def levels(joined: str) -> Identifier:
    """The levels of a namespace that the unit separator joins."""
    return tuple(joined.split(SEPARATOR))
