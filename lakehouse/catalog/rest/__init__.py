"""The catalog as an Iceberg REST service, after the Iceberg REST catalog specification.

https://github.com/apache/iceberg/blob/main/open-api/rest-catalog-open-api.yaml
"""

from lakehouse.catalog.rest.app import rest_app
from lakehouse.catalog.rest.server import serving

__all__ = ["rest_app", "serving"]
