"""Commits: to one table, to a table that is created by it, or to several at once."""

from types import SimpleNamespace
from typing import Any, cast

from pydantic import BaseModel, Field
from pyiceberg.catalog import Catalog
from pyiceberg.io import load_file_io
from pyiceberg.table import CommitTableRequest, Table
from pyiceberg.table.update import AddSnapshotUpdate, SetPropertiesUpdate
from starlette.responses import Response

from lakehouse.catalog.commits import Change, Committed, TransactionalCatalog
from lakehouse.catalog.defaults import TABLE_DEFAULTS
from lakehouse.catalog.locations import prepare_folders
from lakehouse.catalog.rest.arrivals import settle
from lakehouse.catalog.rest.calls import Call, parse
from lakehouse.catalog.rest.documents import described_table
from lakehouse.catalog.rest.failures import bad_request
from lakehouse.catalog.rest.tables import identifier_of, refuse_code


class CommitTransactionRequest(BaseModel):
    """The specification's body of that name; each change is parsed on its own."""

    table_changes: list[dict[str, Any]] = Field(alias="table-changes", min_length=1)


def commit_table(call: Call) -> Response:
    """Commit to the table in the path, which a requirement `assert-create` makes."""
    *namespace, name = call.identifier
    fields = {**call.fields(), "identifier": {"namespace": namespace, "name": name}}
    change = _change(fields)
    done = _commit(call, [change])[0]
    return described_table(call.catalog, done.metadata, done.metadata_location)


def commit_transaction(call: Call) -> Response:
    """Commit to several tables: all of the changes, or none."""
    wanted = call.body(CommitTransactionRequest)
    changes = [_change(fields) for fields in wanted.table_changes]
    if len(changes) > 1 and not isinstance(call.catalog, TransactionalCatalog):
        raise NotImplementedError("this catalog commits to one table at a time")
    _commit(call, changes)
    return Response(status_code=204)


def _change(fields: dict[str, Any]) -> Change:
    request = parse(CommitTableRequest, fields)
    change = Change(identifier_of(request.identifier), request.requirements, request.updates)
    given = [u.updates for u in change.updates if isinstance(u, SetPropertiesUpdate)]
    stated = {key: value for updates in given for key, value in updates.items()}
    refuse_code(stated)
    if not change.creates:
        return change
    # A client that leaves properties out of its create commit gets the defaults all the same.
    missing = {key: value for key, value in TABLE_DEFAULTS.items() if key not in stated}
    extra = (SetPropertiesUpdate(updates=missing),) if missing else ()
    return Change(change.identifier, change.requirements, change.updates + extra)


def _commit(call: Call, changes: list[Change]) -> list[Committed]:
    _settle(call, changes)
    if isinstance(call.catalog, TransactionalCatalog):
        done = call.catalog.commit_tables(changes)
    else:
        done = [_commit_alone(call.catalog, change) for change in changes]
    for each in done:
        if each.base is None:
            prepare_folders(each.metadata.location)
            call.staged.committed(each.metadata.location)
        elif not call.agent.startswith("PyIceberg/"):
            # PyIceberg deletes obsolete metadata itself, and warns when it finds it gone.
            io = load_file_io(call.catalog.properties, each.metadata_location)
            call.catalog._delete_old_metadata(io, each.base, each.metadata)
    return done


def _settle(call: Call, changes: list[Change]) -> None:
    by_duckdb = call.agent.startswith("duckdb/")
    for change in changes:
        for each in change.updates:
            if isinstance(each, AddSnapshotUpdate):
                io = load_file_io(call.catalog.properties, each.snapshot.manifest_list)
                try:
                    settle(io, each.snapshot, by_duckdb=by_duckdb)
                except FileNotFoundError as e:
                    raise bad_request(f"the snapshot refers to a file that is missing: {e}") from e


def _commit_alone(catalog: Catalog, change: Change) -> Committed:
    base = None if change.creates else catalog.load_table(change.identifier).metadata
    # PyIceberg's commit_table asks the table for nothing but its name.
    table = cast("Table", SimpleNamespace(name=lambda: change.identifier))
    done = catalog.commit_table(table, change.requirements, change.updates)
    return Committed(done.metadata, done.metadata_location, base)
