"""From settings to a PyIceberg catalog."""

from pyiceberg.catalog import Catalog, load_catalog

from lakehouse.config import Settings

NAME = "lake"


def open_catalog(settings: Settings) -> Catalog:
    """The catalog of this home: SQLite by default, or whatever `[catalog]` says.

    The SQLite file lies beside the warehouse, not in it, so that nothing that walks the
    warehouse (a crawler, an orphan sweep) ever meets it.
    """
    if settings.catalog:
        return load_catalog(NAME, **settings.catalog)
    settings.warehouse.mkdir(parents=True, exist_ok=True)
    return load_catalog(
        NAME,
        type="sql",
        uri=f"sqlite:///{settings.home}/catalog.db",
        warehouse=settings.warehouse.as_uri(),
    )
