"""Dropping and renaming, with what hangs on a table told before it is done."""

from dataclasses import dataclass

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import (
    NamespaceNotEmptyError,
    NoSuchNamespaceError,
    NoSuchTableError,
    TableAlreadyExistsError,
    ValidationError,
)
from pyiceberg.typedef import Identifier

from lakehouse.catalog.drafts import drafts_of
from lakehouse.catalog.purging import purge_table
from lakehouse.catalog.statistics import measured
from lakehouse.errors import CatalogError
from lakehouse.tables.checkpoints import streams_of

_AGAIN = (
    " It holds the bookmark of {streams}: the next ingest finds none, and lands every log that is"
    " still there again, from its beginning, in a new table."
)


@dataclass(frozen=True)
class Drop:
    """A table or database that is to be dropped; `told` says what that means."""

    identifier: Identifier
    is_table: bool
    keep_files: bool
    told: str


@dataclass(frozen=True)
class Rename:
    """A table that is to get another name; `streams` deliver to it under the old one."""

    old: Identifier
    new: Identifier
    streams: tuple[str, ...]
    told: str


def plan_drop(catalog: Catalog, identifier: Identifier, *, keep_files: bool) -> Drop:
    """What a drop would do. Raises CatalogError when it can't be done."""
    name = ".".join(identifier)
    if len(identifier) > 1 and catalog.table_exists(identifier):
        table = catalog.load_table(identifier)
        _refuse_draft(catalog, identifier)
        size = measured(table, identifier)
        rows = "" if size.rows is None else f"{size.rows:,} rows, "
        files = f"{size.files:,} files, {size.bytes:,} bytes, {size.snapshots:,} snapshots"
        fate = f"leaving its files in {table.location()}" if keep_files else "with all its files"
        streams = streams_of(table.metadata)
        again = _AGAIN.format(streams=", ".join(streams)) if streams else ""
        return Drop(identifier, True, keep_files, f"table {name} ({rows}{files}), {fate}.{again}")
    if not catalog.namespace_exists(identifier):
        hint = "`lakehouse catalog tables` and `databases` list what there is"
        raise CatalogError(f"no table or database {name!r}", hint=hint)
    held = [*catalog.list_tables(identifier), *catalog.list_namespaces(identifier)]
    if held:
        first = ", ".join(".".join(each) for each in sorted(held)[:3])
        hint = "drop what it holds first"
        raise CatalogError(f"database {name} holds {len(held):,}: {first}", hint=hint)
    return Drop(identifier, False, keep_files, f"database {name}, which is empty.")


def drop(catalog: Catalog, plan: Drop) -> None:
    """Do it. Raises CatalogError when somebody else was faster, or the table forbids it."""
    name = ".".join(plan.identifier)
    try:
        if not plan.is_table:
            catalog.drop_namespace(plan.identifier)
        elif plan.keep_files:
            catalog.drop_table(plan.identifier)
        else:
            purge_table(catalog, plan.identifier)
    except (NoSuchTableError, NoSuchNamespaceError) as e:
        raise CatalogError(f"{name} is gone already", hint="somebody else dropped it") from e
    except NamespaceNotEmptyError as e:
        raise CatalogError(f"database {name} is not empty: {e}", hint="look again") from e
    except ValidationError as e:
        hint = "add --keep-files, or set its gc.enabled to true"
        raise CatalogError(f"the files of {name} must stay: {e}", hint=hint) from e


def plan_rename(catalog: Catalog, old: Identifier, new: Identifier) -> Rename:
    """What a rename would do. Raises CatalogError when it can't be done."""
    names = [".".join(old), ".".join(new)]
    if len(old) < 2 or not catalog.table_exists(old):
        hint = "`lakehouse catalog tables` lists them"
        raise CatalogError(f"no table {names[0]!r}", hint=hint)
    if len(new) < 2 or not catalog.namespace_exists(new[:-1]):
        hint = "`lakehouse catalog databases` lists them; a name is database.table"
        raise CatalogError(f"no database for {names[1]!r}", hint=hint)
    if catalog.table_exists(new):
        raise CatalogError(f"there is a table {names[1]} already", hint="choose another name")
    _refuse_draft(catalog, old)
    streams = streams_of(catalog.load_table(old).metadata)
    again = _AGAIN.format(streams=", ".join(streams)).replace("It holds", "With it goes")
    told = f"{names[0]} to {names[1]}.{again if streams else ''}"
    return Rename(old, new, streams, told)


def rename(catalog: Catalog, plan: Rename) -> None:
    """Do it. Raises CatalogError when somebody else was faster, or the name can't be had."""
    try:
        catalog.rename_table(plan.old, plan.new)
    except (NoSuchTableError, NoSuchNamespaceError, TableAlreadyExistsError, ValueError) as e:
        raise CatalogError(f"not renamed: {e}", hint="choose another name, or look again") from e


def _refuse_draft(catalog: Catalog, identifier: Identifier) -> None:
    if drafts_of(catalog, identifier):
        raise CatalogError(
            f"a build has drafted {'.'.join(identifier)}",
            hint="build again first, so that its draft is published or discarded",
        )
