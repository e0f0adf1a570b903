"""What a dotted name of a statement means: a database and a table of the one catalog."""

from lakehouse.athena.attached import OWN_CATALOGS
from lakehouse.athena.errors import AthenaError

LAKE = "lake"  # as the engine calls the attached catalog


def named(name: tuple[str, ...], database: str) -> tuple[str, str]:
    """The database and table of a name in lower case, one to three parts; `database` if it has one.

    Raises CATALOG_NOT_FOUND and SYNTAX_ERROR.
    """
    if len(name) > 3:
        raise AthenaError("SYNTAX_ERROR", f"Too many dots in table name: {'.'.join(name)}")
    if len(name) == 3 and name[0] not in (*OWN_CATALOGS, LAKE):
        hint = "there is one catalog, AwsDataCatalog"
        raise AthenaError("CATALOG_NOT_FOUND", f"Catalog '{name[0]}' does not exist", hint=hint)
    return (name[-2] if len(name) > 1 else database, name[-1])
