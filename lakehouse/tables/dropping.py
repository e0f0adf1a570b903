"""Dropping and renaming, with what hangs on a table told before it is done."""

from dataclasses import dataclass, replace

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import (
    NamespaceNotEmptyError,
    NoSuchNamespaceError,
    NoSuchTableError,
    NoSuchViewError,
    TableAlreadyExistsError,
    ValidationError,
)
from pyiceberg.typedef import Identifier

from lakehouse.catalog.damage import files_of
from lakehouse.catalog.drafts import drafts_of
from lakehouse.catalog.entries import Kind, entries_in, kind_of
from lakehouse.catalog.external_tables import ExternalTable, ExternalTables, external_tables
from lakehouse.catalog.purging import purge_table
from lakehouse.catalog.statistics import measured
from lakehouse.errors import CatalogError
from lakehouse.tables.checkpoints import streams_of

_AGAIN = (
    " It holds the bookmark of {streams}: the next ingest finds none, and lands every log that is"
    " still there again, from its beginning, in a new table."
)

_NOT_RENAMED = (
    NoSuchTableError,
    NoSuchViewError,
    NoSuchNamespaceError,
    TableAlreadyExistsError,
    ValueError,
)


@dataclass(frozen=True)
class Drop:
    """A table, view or database that is to be dropped; `told` says what that means."""

    identifier: Identifier
    kind: Kind | None  # None: a database
    keep_files: bool
    told: str


@dataclass(frozen=True)
class Rename:
    """A table or view that is to get another name; `streams` deliver to it under the old one."""

    old: Identifier
    new: Identifier
    kind: Kind
    streams: tuple[str, ...]
    told: str


def plan_drop(catalog: Catalog, identifier: Identifier, *, keep_files: bool) -> Drop:
    """What a drop would do. Raises CatalogError when it can't be done."""
    name = ".".join(identifier)
    kind = kind_of(catalog, identifier)
    if kind == "iceberg":
        told = _told_of_table(catalog, identifier, keep_files=keep_files)
    elif kind == "external":
        place = _external(catalog, identifier).location
        told = f"external table {name}; its files in {place} stay."
    elif kind == "view":
        told = f"view {name}."
    else:
        _check_empty(catalog, identifier)
        told = f"database {name}, which is empty."
    return Drop(identifier, kind, keep_files, told)


def drop(catalog: Catalog, plan: Drop) -> None:
    """Do it. Raises CatalogError when somebody else was faster, or the table forbids it."""
    name = ".".join(plan.identifier)
    try:
        if plan.kind is None:
            catalog.drop_namespace(plan.identifier)
        elif plan.kind == "view":
            catalog.drop_view(plan.identifier)
        elif plan.kind == "external":
            _externals(catalog).drop(".".join(plan.identifier[:-1]), plan.identifier[-1])
        elif plan.keep_files:
            catalog.drop_table(plan.identifier)
        else:
            purge_table(catalog, plan.identifier)
    except (NoSuchTableError, NoSuchViewError, NoSuchNamespaceError) as e:
        raise CatalogError(f"{name} is gone already", hint="somebody else dropped it") from e
    except NamespaceNotEmptyError as e:
        raise CatalogError(f"database {name} is not empty: {e}", hint="look again") from e
    except ValidationError as e:
        hint = "add --keep-files, or set its gc.enabled to true"
        raise CatalogError(f"the files of {name} must stay: {e}", hint=hint) from e


def plan_rename(catalog: Catalog, old: Identifier, new: Identifier) -> Rename:
    """What a rename would do. Raises CatalogError when it can't be done."""
    names = [".".join(old), ".".join(new)]
    kind = kind_of(catalog, old)
    if kind is None:
        hint = "`lakehouse catalog tables` lists them"
        raise CatalogError(f"no table {names[0]!r}", hint=hint)
    if len(new) < 2 or not all(new) or not catalog.namespace_exists(new[:-1]):
        hint = "`lakehouse catalog databases` lists them; a name is database.table"
        raise CatalogError(f"no database for {names[1]!r}", hint=hint)
    if taken := kind_of(catalog, new):
        what = "view" if taken == "view" else "table"
        raise CatalogError(f"there is a {what} {names[1]} already", hint="choose another name")
    told, streams = f"{names[0]} to {names[1]}.", tuple[str, ...]()
    if kind == "iceberg":
        _refuse_draft(catalog, old)
        with files_of(names[0]):
            streams = streams_of(catalog.load_table(old).metadata)
        again = _AGAIN.format(streams=", ".join(streams)).replace("It holds", "With it goes")
        told += again if streams else ""
    elif kind == "external":
        told += " A crawler that finds its files makes the old name again."
    return Rename(old, new, kind, streams, told)


def rename(catalog: Catalog, plan: Rename) -> None:
    """Do it. Raises CatalogError when somebody else was faster, or the name can't be had.

    No catalog renames views and external tables: the new name is there before the old one goes.
    """
    try:
        if plan.kind == "iceberg":
            catalog.rename_table(plan.old, plan.new)
        elif plan.kind == "external":
            made = replace(
                _external(catalog, plan.old), database=".".join(plan.new[:-1]), name=plan.new[-1]
            )
            _externals(catalog).create(made)
            _externals(catalog).drop(".".join(plan.old[:-1]), plan.old[-1])
        else:
            view = catalog.load_view(plan.old)
            properties = view.properties
            catalog.create_view(
                plan.new, view.schema(), view.current_version(), properties=properties
            )
            catalog.drop_view(plan.old)
    except _NOT_RENAMED as e:
        raise CatalogError(f"not renamed: {e}", hint="choose another name, or look again") from e


def _told_of_table(catalog: Catalog, identifier: Identifier, *, keep_files: bool) -> str:
    _refuse_draft(catalog, identifier)
    name = ".".join(identifier)
    try:
        with files_of(name):
            table = catalog.load_table(identifier)
            size = measured(table, identifier)
    except CatalogError as e:
        if not keep_files:
            raise
        return f"table {name}, leaving its files where they are ({e.message})."
    rows = "" if size.rows is None else f"{size.rows:,} rows, "
    files = f"{size.files:,} files, {size.bytes:,} bytes, {size.snapshots:,} snapshots"
    fate = f"leaving its files in {table.location()}" if keep_files else "with all its files"
    streams = streams_of(table.metadata)
    again = _AGAIN.format(streams=", ".join(streams)) if streams else ""
    return f"table {name} ({rows}{files}), {fate}.{again}"


def _check_empty(catalog: Catalog, identifier: Identifier) -> None:
    name = ".".join(identifier)
    if not all(identifier) or not catalog.namespace_exists(identifier):
        hint = "`lakehouse catalog tables` and `databases` list what there is"
        raise CatalogError(f"no table or database {name!r}", hint=hint)
    inside = [entry.identifier for entry in entries_in(catalog, identifier)]
    held = [*inside, *catalog.list_namespaces(identifier)]
    if held:
        first = ", ".join(".".join(each) for each in sorted(held)[:3])
        hint = "drop what it holds first"
        raise CatalogError(f"database {name} holds {len(held):,}: {first}", hint=hint)


def _externals(catalog: Catalog) -> ExternalTables:
    found = external_tables(catalog)
    if found is None:
        raise CatalogError("this catalog keeps no external tables", hint="use another catalog")
    return found


def _external(catalog: Catalog, identifier: Identifier) -> ExternalTable:
    found = _externals(catalog).find(".".join(identifier[:-1]), identifier[-1])
    if found is None:
        raise CatalogError(f"{'.'.join(identifier)} is gone already", hint="look again")
    return found


def _refuse_draft(catalog: Catalog, identifier: Identifier) -> None:
    if drafts_of(catalog, identifier):
        raise CatalogError(
            f"a build has drafted {'.'.join(identifier)}",
            hint="build again first, so that its draft is published or discarded",
        )
