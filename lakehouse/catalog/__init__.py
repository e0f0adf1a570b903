"""The catalog: where tables are found and how they are committed."""

from lakehouse.catalog.endpoint import Endpoint, catalog_endpoint, public_endpoint
from lakehouse.catalog.opening import open_catalog, open_existing

__all__ = ["Endpoint", "catalog_endpoint", "open_catalog", "open_existing", "public_endpoint"]
