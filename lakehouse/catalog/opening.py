"""From settings to a PyIceberg catalog."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Any

from pyiceberg.catalog import AVAILABLE_CATALOGS, Catalog, CatalogType, infer_catalog_type
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from lakehouse.catalog.defaults import DefaultingCatalog
from lakehouse.catalog.durability import make_folder
from lakehouse.catalog.explaining import opening
from lakehouse.catalog.locations import location_of
from lakehouse.catalog.remote import LakeRestCatalog
from lakehouse.catalog.sql import LakeSqlCatalog
from lakehouse.catalog.sqlite_file import holds_tables, open_file
from lakehouse.config import Settings
from lakehouse.errors import CatalogError, ConfigError, MachineError

NAME = "lake"
FILE_NAME = "catalog.db"


def open_catalog(settings: Settings, *, create: bool = True) -> Catalog:
    """The catalog of this home: SQLite by default, or whatever `[catalog]` says.

    Without `create`, nothing is made where no lakehouse is yet. The SQLite file lies beside the
    warehouse, not in it, so that nothing that walks the warehouse (a crawler, an orphan sweep)
    ever meets it. PyIceberg's own configuration (.pyiceberg.yaml, PYICEBERG_*) is not read: what
    holds is what lakehouse.toml says.

    Raises ConfigError when `[catalog]` makes no sense by itself, CatalogError when the catalog is
    missing, damaged, copied, moved, of a newer version, out of reach or refuses, MachineError
    when the home can't be written.
    """
    if settings.catalog:
        return _open_configured(settings.catalog, settings.home)
    if not create:
        _require_lakehouse(settings)
    try:
        make_folder(settings.warehouse)
    except OSError as e:
        message = f"can't write to the home {settings.home}: {e.strerror}"
        hint = "check who owns it, or choose another home with --home"
        raise MachineError(message, hint=hint) from e
    return _open_sqlite(settings.home / FILE_NAME, {"warehouse": location_of(settings.warehouse)})


def open_existing(settings: Settings) -> AbstractContextManager[Catalog | None]:
    """The catalog of this home, None when no lakehouse is there yet: nothing is made.

    Raises what `open_catalog` does.
    """
    if not settings.catalog and not _is_lakehouse(settings):
        return nullcontext()
    return open_catalog(settings)


def _is_lakehouse(settings: Settings) -> bool:
    # Tables without a catalog are a damage, which opening tells.
    return (settings.home / FILE_NAME).exists() or holds_tables(settings.warehouse)


def _require_lakehouse(settings: Settings) -> None:
    if not _is_lakehouse(settings):
        raise CatalogError(
            f"there is no lakehouse in {settings.home}",
            hint="check --home, or run `lakehouse build` first",
        )


def kind_of(properties: Mapping[str, str]) -> str:
    """The type of a configured catalog: what `type` says, else what its uri tells.

    Raises ConfigError when neither tells.
    """
    if "type" in properties:
        return properties["type"].lower()
    try:
        kind = infer_catalog_type(NAME, dict(properties))
    except ValueError as e:
        hint = 'set type = "sql", "glue" or "rest", and uri'
        raise ConfigError("[catalog] does not tell its type", hint=hint) from e
    return kind.value if kind else ""


def empty_catalog() -> Catalog:
    """A catalog that has nothing, for a look at a home that has none yet."""
    return LakeSqlCatalog(NAME, None, uri="sqlite:///:memory:", warehouse="file:///dev/null")


def _open_configured(properties: Mapping[str, str], home: Path) -> Catalog:
    kind = kind_of(properties)
    if kind in {"sql", "rest"} and not properties.get("uri"):
        hint = f'add uri = "..." to [catalog], or leave type = "{kind}" out'
        raise ConfigError(f"[catalog] of type {kind!r} lacks its uri", hint=hint)
    match kind:
        case "sql":
            return _open_sql(properties)
        case "glue":
            return _open_glue(properties)
        case "rest":
            with opening(f"the catalog at {properties['uri']}"):
                return LakeRestCatalog(NAME, _external_folder(properties, home), **properties)
        case _:
            return _open_other(kind, properties)


def _external_folder(properties: Mapping[str, str], home: Path) -> Path:
    """Another service, or another warehouse of it, has other databases."""
    named = f"{properties['uri']}\n{properties.get('warehouse', '')}"
    return home / "external" / sha256(named.encode()).hexdigest()[:16]


def _open_other(kind: str, properties: Mapping[str, str]) -> Catalog:
    known = [each.value for each in CatalogType]
    if kind not in known:
        near = get_close_matches(kind, known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known types: {', '.join(sorted(known))}"
        raise ConfigError(f"unknown catalog type {kind!r} in [catalog]", hint=hint)
    with opening(f"the {kind} catalog"):
        catalog = AVAILABLE_CATALOGS[CatalogType(kind)](NAME, dict(properties))
    # Its class is known only now: the same catalog, of a class that adds the table defaults.
    defaulting = type(type(catalog).__name__, (DefaultingCatalog, type(catalog)), {})
    lake: Catalog = object.__new__(defaulting)
    lake.__dict__.update(catalog.__dict__)
    return lake


def _open_glue(properties: Mapping[str, str]) -> Catalog:
    from lakehouse.catalog.glue import LakeGlueCatalog  # noqa: PLC0415 - boto3 takes 1 s

    given: dict[str, Any] = dict(properties)
    # The one property that PyIceberg does not convert itself, and fails on as text.
    if given.get("glue.max-retries", "").isdecimal():
        given["glue.max-retries"] = int(given["glue.max-retries"])
    with opening("the Glue catalog"):
        catalog = LakeGlueCatalog(NAME, **given)
        # Opening asks AWS nothing; a first question tells now what would fail later.
        catalog.list_namespaces()
        return catalog


def _open_sql(properties: Mapping[str, str]) -> Catalog:
    uri = properties["uri"]
    try:
        url = make_url(uri)
        if url.get_backend_name() == "sqlite" and url.database not in {None, "", ":memory:"}:
            return _open_sqlite(Path(str(url.database)), properties)
        return LakeSqlCatalog(NAME, None, **properties)
    except (SQLAlchemyError, ImportError) as e:
        reason = str(e).partition("\n")[0]
        hint = "check uri in [catalog], and that its driver is installed"
        raise CatalogError(f"the catalog database can't be opened: {reason}", hint=hint) from e


def _open_sqlite(file: Path, properties: Mapping[str, str]) -> Catalog:
    return LakeSqlCatalog(NAME, open_file(file), **properties)
