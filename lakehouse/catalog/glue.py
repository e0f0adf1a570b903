"""The catalog in AWS Glue."""

from pyiceberg.catalog.glue import GlueCatalog

from lakehouse.catalog.defaults import DefaultingCatalog


class LakeGlueCatalog(DefaultingCatalog, GlueCatalog):
    """PyIceberg's Glue catalog, with the table defaults."""
