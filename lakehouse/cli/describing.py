"""`lakehouse catalog tables|show|partitions`: Iceberg tables, tables of raw files, and views."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

import click

from lakehouse.cli import console
from lakehouse.cli.loading import found

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog

    from lakehouse.athena.external.details import ExternalDetails
    from lakehouse.athena.external.places import Places
    from lakehouse.catalog.entries import Entry
    from lakehouse.cli.root import Invocation
    from lakehouse.config import Settings
    from lakehouse.tables.details import TableDetails, ViewDetails

_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
_NUMBERS = ("rows", "files", "bytes", "snapshots")


@click.command(epilog="Example: lakehouse catalog tables --json | jq '.[].table'")
@_AS_JSON
@click.pass_obj
def tables(invocation: "Invocation", as_json: bool) -> None:
    """List the tables with their kind, rows, files, bytes and snapshots, and the views."""
    from lakehouse.athena.external.places import Places
    from lakehouse.catalog import open_catalog
    from lakehouse.catalog.entries import entries
    from lakehouse.catalog.explaining import explained
    from lakehouse.errors import LakehouseError

    settings = invocation.settings()
    rows, errors = list[dict[str, object]](), list[LakehouseError]()
    with open_catalog(settings, create=False) as catalog, explained("the catalog"):
        places = Places.of(settings)
        for entry in entries(catalog):
            try:
                rows += _sizes(catalog, entry, places)
            except LakehouseError as e:
                rows.append(_named(entry) | dict.fromkeys(_NUMBERS))
                errors.append(e)
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    elif rows:
        _print_aligned(rows)
    else:
        console.note("no tables yet: run `lakehouse build`")
    for error in errors[:-1]:
        console.complain(error)
    if errors:
        raise errors[-1]


def _named(entry: "Entry") -> dict[str, object]:
    namespace, name = ".".join(entry.identifier[:-1]), entry.identifier[-1]
    return {"namespace": namespace, "table": name, "kind": entry.kind}


def _sizes(catalog: "Catalog", entry: "Entry", places: "Places") -> Iterator[dict[str, object]]:
    """The row of an entry; none when it was dropped since it was listed."""
    from lakehouse.athena.external.details import external_details
    from lakehouse.catalog.external_tables import external_tables
    from lakehouse.catalog.statistics import statistics_of

    namespace, name = ".".join(entry.identifier[:-1]), entry.identifier[-1]
    row = _named(entry)
    if entry.kind == "iceberg":
        if statistics := statistics_of(catalog, entry.identifier):
            yield row | asdict(statistics)
        return
    unknown = dict.fromkeys(_NUMBERS)
    external = external_tables(catalog)
    if entry.kind == "view":
        yield row | unknown
    elif external and (table := external.find(namespace, name)):
        details = external_details(table, places)
        yield row | unknown | {"files": details.files, "bytes": details.bytes}


@click.command(epilog="Example: lakehouse catalog show core.fct_orders")
@click.argument("name", metavar="TABLE|VIEW")
@_AS_JSON
@click.pass_obj
def show(invocation: "Invocation", name: str, as_json: bool) -> None:
    """Show TABLE: columns, types, comments, partitioning, place and size; or a VIEW."""
    from lakehouse.cli.tables import print_rows

    details = _details(invocation.settings(), name)
    if as_json:
        click.echo(json.dumps(asdict(details), indent=2, default=_plain))
        return
    for label, text in _summary(details).items():
        if text:
            click.echo(f"{label:<15} {text}")
    print_rows([asdict(column) for column in details.columns], as_json=False)


@click.command(epilog="Example: lakehouse catalog partitions landing.order_lines")
@click.argument("name", metavar="TABLE")
@_AS_JSON
@click.pass_obj
def partitions(invocation: "Invocation", name: str, as_json: bool) -> None:
    """List the partitions of TABLE with their rows, files and bytes."""
    from pyiceberg.view import View

    from lakehouse.athena.external.details import external_partitions
    from lakehouse.athena.external.places import Places
    from lakehouse.catalog.external_tables import ExternalTable
    from lakehouse.cli.tables import print_rows
    from lakehouse.errors import CatalogError
    from lakehouse.tables.details import partitions_of

    settings = invocation.settings()
    with found(settings, name) as thing:
        if isinstance(thing, View):
            raise CatalogError(f"{name} is a view", hint="name a table that it reads")
        if isinstance(thing, ExternalTable):
            listed = [asdict(each) for each in external_partitions(thing, Places.of(settings))]
        else:
            listed = [asdict(each) for each in partitions_of(thing)]
    print_rows(listed, as_json=as_json)


def _details(settings: "Settings", name: str) -> "TableDetails | ExternalDetails | ViewDetails":
    from pyiceberg.view import View

    from lakehouse.athena.external.details import external_details
    from lakehouse.athena.external.places import Places
    from lakehouse.catalog.external_tables import ExternalTable
    from lakehouse.tables.details import details_of, view_details

    with found(settings, name) as thing:
        if isinstance(thing, ExternalTable):
            return external_details(thing, Places.of(settings))
        return view_details(thing) if isinstance(thing, View) else details_of(thing)


def _summary(details: "TableDetails | ExternalDetails | ViewDetails") -> Mapping[str, str]:
    from lakehouse.athena.external.details import ExternalDetails
    from lakehouse.tables.details import TableDetails

    if isinstance(details, TableDetails):
        return _of_table(details)
    if isinstance(details, ExternalDetails):
        return _of_files(details)
    return {
        "view": details.view,
        "comment": details.comment,
        "database": details.database,
        details.dialect: details.sql,
    }


def _of_table(details: "TableDetails") -> dict[str, str]:
    size = details.statistics
    rows = "unknown (equality deletes)" if size.rows is None else f"{size.rows:,}"
    return {
        "table": details.table,
        "comment": details.comment,
        "location": details.location,
        "format": f"{details.format}, version {details.format_version}",
        "rows": rows,
        "files": f"{size.files:,}, {size.bytes:,} bytes",
        "snapshots": f"{size.snapshots:,}, now at {details.snapshot_id or 'none'}",
        "changed at": f"{details.changed_at:%Y-%m-%d %H:%M:%S} UTC",
        "partitioned by": ", ".join(details.partitioned_by),
        "sorted by": ", ".join(details.sorted_by),
        "streams": ", ".join(details.streams),
    }


def _of_files(details: "ExternalDetails") -> dict[str, str]:
    known = details.files is not None and details.bytes is not None
    properties = {**details.serde_properties, **details.properties}
    return {
        "external table": details.table,
        "comment": details.comment,
        "location": details.location,
        "format": details.format,
        "serde": details.serde,
        "files": f"{details.files:,}, {details.bytes:,} bytes" if known else "can't be listed",
        "partitioned by": ", ".join(details.partitioned_by),
        "partitions": f"{details.partitions:,}" if details.partitioned_by else "",
        "properties": ", ".join(f"{key}={value!r}" for key, value in properties.items()),
    }


def _print_aligned(found: Sequence[Mapping[str, object]]) -> None:
    rows: list[tuple[str, ...]] = [("table", "kind", *_NUMBERS)]
    rows += [
        (
            f"{each['namespace']}.{each['table']}",
            str(each["kind"]),
            *("?" if each[name] is None else f"{each[name]:,}" for name in _NUMBERS),
        )
        for each in found
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for name, kind, *numbers in rows:
        cells = [f"{number:>{width}}" for number, width in zip(numbers, widths[2:], strict=True)]
        click.echo("  ".join([f"{name:<{widths[0]}}", f"{kind:<{widths[1]}}", *cells]))


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")
