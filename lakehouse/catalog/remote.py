"""A catalog behind somebody else's Iceberg REST service."""

from pyiceberg.catalog.rest import RestCatalog

from lakehouse.catalog.defaults import DefaultingCatalog


class LakeRestCatalog(DefaultingCatalog, RestCatalog):
    """PyIceberg's REST catalog, with the table defaults."""
