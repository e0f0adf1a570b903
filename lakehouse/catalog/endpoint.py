"""Where engines reach the catalog: a running Iceberg REST service."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from lakehouse.catalog.opening import kind_of, open_catalog
from lakehouse.config import Settings


@dataclass(frozen=True)
class Endpoint:
    """The address of an Iceberg REST service, and what opens it."""

    uri: str
    token: str = field(repr=False)
    warehouse: str = ""


@contextmanager
def catalog_endpoint(settings: Settings) -> Iterator[Endpoint]:
    """A running Iceberg REST service over the configured catalog, until the block ends.

    It runs in a thread of this process, on a free port of 127.0.0.1, behind a random token;
    for `type = "rest"` it is the configured service itself.

    Raises what `open_catalog` raises.
    """
    if settings.catalog and kind_of(settings.catalog) == "rest":
        given = settings.catalog
        yield Endpoint(given["uri"], given.get("token", ""), given.get("warehouse", ""))
        return
    # Imported late: the server takes 0.3 s, and needs this module's Endpoint itself.
    from lakehouse.catalog.rest import serving  # noqa: PLC0415

    with open_catalog(settings) as catalog, serving(catalog) as endpoint:
        yield endpoint
