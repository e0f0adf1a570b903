"""Where engines reach the catalog: a running Iceberg REST service."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from ipaddress import ip_address

from pyiceberg.catalog import Catalog
from pyiceberg.typedef import Identifier

from lakehouse.catalog.opening import kind_of, open_catalog
from lakehouse.catalog.sql import LakeSqlCatalog
from lakehouse.catalog.steady import SteadyCatalog
from lakehouse.config import Settings
from lakehouse.errors import CatalogError, ConfigError


@dataclass(frozen=True)
class Endpoint:
    """The address of an Iceberg REST service, and what opens it.

    `warehouse` is what a client asks that service for; ours has one and needs no name.
    """

    uri: str
    token: str = field(repr=False)
    warehouse: str = ""


@dataclass(frozen=True)
class Watched:
    """An endpoint whose client is watched: which tables it has read since `renew` was called.

    `renew` is called before each statement. `catalog` is as its client sees it; None where that
    is a service that nobody watches.
    """

    endpoint: Endpoint
    catalog: Catalog | None = None
    loaded: set[Identifier] = field(default_factory=set)
    freshen: Callable[[], None] = lambda: None

    def renew(self) -> None:
        """From now on, be the catalog as it is now, of which nothing was read."""
        self.freshen()
        self.loaded.clear()


@contextmanager
def watched_endpoint(settings: Settings, *, write: bool) -> Iterator[Watched]:
    """The same for SQL sessions; a reader finds all tables of one published state.

    Other catalogs than a SQL database don't tell where all tables are at one moment: there, each
    table is read as it is when it is asked for. So it is for who writes, and must find that.

    Raises what `open_catalog` raises; nothing is made for a reader where no lakehouse is yet.
    """
    if _is_remote(settings):
        with catalog_endpoint(settings) as endpoint:
            yield Watched(endpoint)
        return
    from lakehouse.catalog.rest import serving  # noqa: PLC0415 - as below

    loaded: set[Identifier] = set()
    with open_catalog(settings, create=write) as catalog:
        seen, freshen = catalog, lambda: None
        if not write and isinstance(catalog, LakeSqlCatalog):
            # A writer must find what it wrote, and the engine keeps its own transactions.
            seen = SteadyCatalog(catalog)
            freshen = seen.renew
        with serving(seen, loaded=loaded.add) as endpoint:
            yield Watched(endpoint, seen, loaded, freshen)


@contextmanager
def catalog_endpoint(
    settings: Settings, *, create: bool = True, draft: Catalog | None = None
) -> Iterator[Endpoint]:
    """A running Iceberg REST service over the configured catalog, until the block ends.

    It runs in a thread of this process, on a free port of 127.0.0.1, behind a random token;
    for `type = "rest"` it is the configured service itself. Without `create`, nothing is made
    where no lakehouse is yet. With a `draft` it is over that.

    Raises what `open_catalog` raises.
    """
    if draft is None and _is_remote(settings):
        given = settings.catalog
        yield Endpoint(given["uri"], given.get("token", ""), given.get("warehouse", ""))
        return
    # Imported late: the server takes 0.3 s, and needs this module's Endpoint itself.
    from lakehouse.catalog.rest import serving  # noqa: PLC0415

    opened = nullcontext(draft) if draft else open_catalog(settings, create=create)
    with opened as catalog, serving(catalog) as endpoint:
        yield endpoint


@contextmanager
def public_endpoint(settings: Settings) -> Iterator[Endpoint]:
    """The same for other programs: where and behind which token `[rest]` says.

    Raises ConfigError when other machines could come in without a chosen token, MachineError
    when the port is in use, CatalogError when the catalog is a REST service already.
    """
    if _is_remote(settings):
        uri = settings.catalog["uri"]
        raise CatalogError(f"the catalog is served already, at {uri}", hint="connect to it there")
    rest = settings.rest
    if not rest.token and not _is_loopback(rest.host):
        raise ConfigError(
            f"{rest.host} can be reached from other machines: choose a token",
            hint="set --token or LAKEHOUSE_REST__TOKEN to a secret, or listen on 127.0.0.1",
        )
    from lakehouse.catalog.rest import serving  # noqa: PLC0415 - as above

    with (
        open_catalog(settings) as catalog,
        serving(
            catalog,
            host=rest.host,
            port=rest.port,
            token=rest.token,
            access_log=rest.access_log,
        ) as endpoint,
    ):
        yield endpoint


def _is_remote(settings: Settings) -> bool:
    return bool(settings.catalog) and kind_of(settings.catalog) == "rest"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:  # a name; what it resolves to may change
        return host == "localhost"
