"""The catalog: where tables are found and how they are committed."""

from lakehouse.catalog.opening import open_catalog

__all__ = ["open_catalog"]
