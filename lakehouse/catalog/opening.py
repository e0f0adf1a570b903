"""From settings to a PyIceberg catalog."""

from collections.abc import Mapping
from pathlib import Path

from pyiceberg.catalog import Catalog, infer_catalog_type
from sqlalchemy import make_url

from lakehouse.catalog.locations import location_of
from lakehouse.catalog.remote import LakeRestCatalog
from lakehouse.catalog.sql import LakeSqlCatalog
from lakehouse.catalog.sqlite_file import open_file
from lakehouse.config import Settings
from lakehouse.errors import CatalogError, MachineError

NAME = "lake"
FILE_NAME = "catalog.db"


def open_catalog(settings: Settings) -> Catalog:
    """The catalog of this home: SQLite by default, or whatever `[catalog]` says.

    The SQLite file lies beside the warehouse, not in it, so that nothing that walks the
    warehouse (a crawler, an orphan sweep) ever meets it.

    Raises CatalogError when the catalog is damaged, out of reach or of an unknown type,
    MachineError when the home can't be written.
    """
    if settings.catalog:
        return _open_configured(settings.catalog)
    try:
        settings.warehouse.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        hint = "check who owns it, or choose another home with --home"
        raise MachineError(
            f"can't write to the home {settings.home}: {e.strerror}", hint=hint
        ) from e
    return _open_sqlite(settings.home / FILE_NAME, {"warehouse": location_of(settings.warehouse)})


def _open_configured(properties: Mapping[str, str]) -> Catalog:
    match kind_of(properties):
        case "sql":
            return _open_sql(properties)
        case "glue":
            from lakehouse.catalog.glue import LakeGlueCatalog  # noqa: PLC0415 - boto3 takes 1 s

            return LakeGlueCatalog(NAME, **properties)
        case "rest":
            return LakeRestCatalog(NAME, **properties)
        case unknown:
            raise CatalogError(
                f"unknown catalog type {unknown!r}", hint="known types: sql, glue, rest"
            )


def kind_of(properties: Mapping[str, str]) -> str:
    """The type of a configured catalog: what `type` says, else what its uri tells."""
    if "type" in properties:
        return properties["type"].lower()
    try:
        kind = infer_catalog_type(NAME, dict(properties))
    except ValueError as e:
        raise CatalogError(
            "[catalog] does not tell its type", hint='set type = "sql", "glue" or "rest"'
        ) from e
    return kind.value if kind else ""


def _open_sql(properties: Mapping[str, str]) -> Catalog:
    url = make_url(properties["uri"])
    if url.get_backend_name() == "sqlite" and url.database not in {None, "", ":memory:"}:
        return _open_sqlite(Path(str(url.database)), properties)
    return LakeSqlCatalog(NAME, None, **properties)


def _open_sqlite(file: Path, properties: Mapping[str, str]) -> Catalog:
    return LakeSqlCatalog(NAME, open_file(file), **properties)
