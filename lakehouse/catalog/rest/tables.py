"""The table part of the service, without commits."""

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel, Field, field_validator
from pyiceberg.catalog.rest import CreateTableRequest
from pyiceberg.exceptions import NoSuchTableError, TableAlreadyExistsError, ValidationError
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC, PartitionSpec
from pyiceberg.table import TableIdentifier
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER, SortOrder
from starlette.responses import JSONResponse, Response

from lakehouse.catalog.locations import prepare_folders
from lakehouse.catalog.names import check_table
from lakehouse.catalog.purging import purge_table
from lakehouse.catalog.rest.calls import Call
from lakehouse.catalog.rest.documents import described_table, stored_table
from lakehouse.catalog.rest.failures import RefusedError, bad_request
from lakehouse.catalog.rest.namespaces import require_namespace
from lakehouse.catalog.rest.pages import page

_CODE: Final = {"py-io-impl", "write.py-location-provider.impl"}


class CreateTable(CreateTableRequest):
    """PyIceberg's, with the defaults of the specification for what a client leaves out."""

    location: str | None = None
    partition_spec: PartitionSpec | None = Field(alias="partition-spec", default=None)
    write_order: SortOrder | None = Field(alias="write-order", default=None)

    @field_validator("table_schema", mode="before")
    @classmethod
    def _has_fields(cls, schema: object) -> object:
        # PyIceberg takes an absent list of fields for an empty one.
        if isinstance(schema, dict) and "fields" not in schema:
            raise ValueError("fields are missing")
        return schema


class RegisterTable(BaseModel):
    """The specification's RegisterTableRequest."""

    name: str
    metadata_location: str = Field(alias="metadata-location")
    overwrite: bool = False


class RenameTable(BaseModel):
    """The specification's RenameTableRequest."""

    source: TableIdentifier
    destination: TableIdentifier


def list_tables(call: Call) -> Response:
    """The tables of a namespace."""
    require_namespace(call)
    shown, token = page(sorted(call.catalog.list_tables(call.namespace)), call.query)
    entries = [{"namespace": list(one[:-1]), "name": one[-1]} for one in shown]
    return JSONResponse({"identifiers": entries, "next-page-token": token})


def create_table(call: Call) -> Response:
    """Make a table; or with `stage-create`, only its metadata, for a commit to come."""
    wanted = call.body(CreateTable)
    identifier = check_table((*call.namespace, wanted.name))
    refuse_code(wanted.properties)
    _check_location(wanted.location)
    require_namespace(call)
    if call.catalog.table_exists(identifier):
        raise TableAlreadyExistsError(f"Table already exists: {'.'.join(identifier)}")
    details = (
        identifier,
        wanted.table_schema,
        wanted.location.rstrip("/") if wanted.location else None,
        wanted.partition_spec or UNPARTITIONED_PARTITION_SPEC,
        wanted.write_order or UNSORTED_SORT_ORDER,
        wanted.properties,
    )
    if wanted.stage_create:
        staged = call.catalog.create_table_transaction(*details)._table
        call.staged.add(staged.metadata.location)
        return described_table(call.catalog, staged.metadata, None)
    table = call.catalog.create_table(*details)
    prepare_folders(table.metadata.location)
    return described_table(call.catalog, table.metadata, table.metadata_location)


def load_table(call: Call) -> Response:
    """A table's metadata."""
    found = stored_table(call.catalog, call.identifier)
    call.loaded(call.identifier)
    return found


def head_table(call: Call) -> Response:
    """Whether a table is there."""
    if not call.catalog.table_exists(call.identifier):
        raise NoSuchTableError(f"Table does not exist: {'.'.join(call.identifier)}")
    return Response(status_code=204)


def drop_table(call: Call) -> Response:
    """Drop a table, and with `purgeRequested` its files too."""
    identifier = call.identifier
    if call.query.get("purgeRequested", "false").lower() != "true":
        call.catalog.drop_table(identifier)
    else:
        purge_table(call.catalog, identifier)
    return Response(status_code=204)


def register_table(call: Call) -> Response:
    """Make a table of metadata that exists already."""
    wanted = call.body(RegisterTable)
    identifier = check_table((*call.namespace, wanted.name))
    if wanted.overwrite:
        raise NotImplementedError("registering over an existing table is not supported")
    try:
        table = call.catalog.register_table(identifier, wanted.metadata_location)
    except FileNotFoundError as e:
        raise bad_request(f"no metadata file {wanted.metadata_location}") from e
    except (ValidationError, ValueError) as e:
        # Their messages quote the file, which may be any of this machine.
        raise bad_request(f"{wanted.metadata_location} is no table metadata") from e
    return described_table(call.catalog, table.metadata, table.metadata_location)


def rename_table(call: Call) -> Response:
    """Give a table another name, or move it to another namespace."""
    wanted = call.body(RenameTable)
    call.catalog.rename_table(identifier_of(wanted.source), identifier_of(wanted.destination))
    return Response(status_code=204)


def report_metrics(call: Call) -> Response:
    """Take a client's scan or commit report; nothing reads them yet."""
    call.fields()
    return Response(status_code=204)


def refuse_code(properties: Mapping[str, str]) -> None:
    """Raises RefusedError (403) for properties that name Python code PyIceberg would run here."""
    if found := sorted(_CODE & properties.keys()):
        raise RefusedError(403, "ForbiddenException", f"{found[0]} can't be set through a service")


def _check_location(location: str | None) -> None:
    # PyIceberg takes a relative one from the folder this process happens to run in.
    if location and not (location.startswith("/") or "://" in location):
        raise bad_request(f"location {location!r} is neither a URI nor an absolute path")


def identifier_of(name: TableIdentifier) -> tuple[str, ...]:
    """The identifier in a body. Raises ValueError for names the catalog does not take."""
    return check_table((*name.namespace.root, name.name))
