"""`lakehouse catalog`: the tables, and the service that other engines reach them by."""

import click


@click.group(epilog="Example: lakehouse catalog serve --port 8181")
def catalog() -> None:
    """Look at the catalog, or serve it to other engines."""
