"""Commits: to one table, to a table that is created by it, or to several at once."""

from types import SimpleNamespace
from typing import Any, cast

from pydantic import BaseModel, Field
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.io import load_file_io
from pyiceberg.table import CommitTableRequest, CommitTableResponse, Table
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update import SetPropertiesUpdate
from starlette.responses import Response

from lakehouse.catalog.commits import Change, TransactionalCatalog
from lakehouse.catalog.defaults import TABLE_DEFAULTS
from lakehouse.catalog.locations import prepare_folders
from lakehouse.catalog.rest.calls import Call, parse
from lakehouse.catalog.rest.tables import identifier_of, loaded


class CommitTransactionRequest(BaseModel):
    """The specification's body of that name; each change is parsed on its own."""

    table_changes: list[dict[str, Any]] = Field(alias="table-changes", min_length=1)


def commit_table(call: Call) -> Response:
    """Commit to the table in the path, which a requirement `assert-create` makes."""
    *namespace, name = call.identifier
    fields = {**call.fields(), "identifier": {"namespace": namespace, "name": name}}
    change = _change(fields)
    done = _commit(call.catalog, [change])[0]
    return loaded(done.metadata, done.metadata_location)


def commit_transaction(call: Call) -> Response:
    """Commit to several tables: all of the changes, or none."""
    wanted = call.body(CommitTransactionRequest)
    changes = [_change(fields) for fields in wanted.table_changes]
    if len(changes) > 1 and not isinstance(call.catalog, TransactionalCatalog):
        raise NotImplementedError("this catalog commits to one table at a time")
    _commit(call.catalog, changes)
    return Response(status_code=204)


def _change(fields: dict[str, Any]) -> Change:
    request = parse(CommitTableRequest, fields)
    change = Change(identifier_of(request.identifier), request.requirements, request.updates)
    if not change.creates:
        return change
    # A client that leaves properties out of its create commit gets the defaults all the same.
    given = [u.updates for u in change.updates if isinstance(u, SetPropertiesUpdate)]
    stated = {key for updates in given for key in updates}
    missing = {key: value for key, value in TABLE_DEFAULTS.items() if key not in stated}
    extra = (SetPropertiesUpdate(updates=missing),) if missing else ()
    return Change(change.identifier, change.requirements, change.updates + extra)


def _commit(catalog: Catalog, changes: list[Change]) -> list[CommitTableResponse]:
    bases = [_base(catalog, change) for change in changes]
    if isinstance(catalog, TransactionalCatalog):
        done = catalog.commit_tables(changes)
    else:
        done = [_commit_alone(catalog, change) for change in changes]
    for base, response in zip(bases, done, strict=True):
        prepare_folders(response.metadata.location)
        if base is not None:
            io = load_file_io(catalog.properties, response.metadata_location)
            catalog._delete_old_metadata(io, base, response.metadata)
    return done


def _base(catalog: Catalog, change: Change) -> TableMetadata | None:
    try:
        return None if change.creates else catalog.load_table(change.identifier).metadata
    except NoSuchTableError:
        return None


def _commit_alone(catalog: Catalog, change: Change) -> CommitTableResponse:
    # PyIceberg's commit_table asks the table for nothing but its name.
    table = cast("Table", SimpleNamespace(name=lambda: change.identifier))
    return catalog.commit_table(table, change.requirements, change.updates)
