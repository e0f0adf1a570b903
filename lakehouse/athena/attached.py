"""The schema of what is attached to a connection, for sessions and tests."""

import re
from collections.abc import Callable, Sequence
from functools import partial

import duckdb

from lakehouse.athena.errors import AthenaError
from lakehouse.athena.schema import TableColumns
from lakehouse.athena.types import (
    DATE,
    Type,
    array,
    decimal,
    identifier,
    map_of,
    row,
    time,
    timestamp,
    zoned,
)

Rows = Callable[[str], Sequence[Sequence[object]]]
# The names Athena gives its own catalog; here they all mean the attached lake.
OWN_CATALOGS = ("awsdatacatalog",)
_PLAIN = {
    "BOOLEAN": Type("boolean"), "TINYINT": Type("tinyint"), "SMALLINT": Type("smallint"),
    "INTEGER": Type("integer"), "BIGINT": Type("bigint"), "FLOAT": Type("real"),
    "DOUBLE": Type("double"), "VARCHAR": Type("varchar"), "BLOB": Type("varbinary"),
    "DATE": DATE, "UUID": Type("uuid"), "TIME": time(6), "TIMESTAMP": timestamp(6),
    "TIMESTAMP WITH TIME ZONE": zoned(6, "UTC"), "TIMESTAMPTZ": zoned(6, "UTC"),
}  # fmt: skip
_FILE = "filename"
_TOKEN = re.compile(r'\s*("(?:[^"]|"")*"|[A-Za-z_](?:[\w ]*\w)?|\d+|\[\]|[(),])')


def type_from_engine(name: str) -> Type:
    """Trino's type for a column the engine describes by `name`, as Athena reads Iceberg tables.

    Raises NOT_SUPPORTED for a type that no Iceberg table has.
    """
    tokens = [match[1] for match in _TOKEN.finditer(name)]
    made = _read(name, tokens)
    if tokens:
        raise _unknown(name)
    return made


def _unknown(name: str) -> AthenaError:
    return AthenaError("NOT_SUPPORTED", f"A column of the engine's type {name} is not supported")


def _read(whole: str, tokens: list[str]) -> Type:
    word = tokens.pop(0).upper() if tokens else ""
    if word == "DECIMAL" and tokens[:1] == ["("]:
        made = decimal(int(tokens[1]), int(tokens[3]))
        del tokens[:5]
    elif word == "MAP":
        key, value = _inside(tokens, partial(_read, whole, tokens))
        made = map_of(key, value)
    elif word == "STRUCT":
        made = _struct(whole, tokens)
    elif word in _PLAIN:
        made = _PLAIN[word]
    else:
        raise _unknown(whole)
    while tokens[:1] == ["[]"]:
        tokens.pop(0)
        made = array(made)
    return made


def _inside(tokens: list[str], read: partial[Type]) -> list[Type]:
    found = []
    while tokens and tokens.pop(0) in ("(", ","):
        found.append(read())
    return found


def _struct(whole: str, tokens: list[str]) -> Type:
    names: list[str | None] = []
    types = []
    while tokens and tokens.pop(0) in ("(", ","):
        name = tokens.pop(0)
        if not name.startswith('"'):
            # A bare name and its type are one run of words: `a INTEGER`.
            name, _, rest = name.partition(" ")
            if rest:
                tokens.insert(0, rest.strip())
        names.append(name.strip('"').replace('""', '"'))
        types.append(_read(whole, tokens))
    return row(tuple(types), tuple(names))


class AttachedSchema:
    """Finds the tables of one attached catalog; a bare name is looked up in `database`.

    `ask` gives the rows of a query of the engine, and raises its errors; `refused` is told the name
    of what the engine could not open and why, and raises what is to be said of a table there.
    """

    def __init__(
        self,
        ask: Rows,
        catalog: str,
        database: str = "default",
        refused: Callable[[str, str, duckdb.Error], None] = lambda database, name, error: None,
    ) -> None:
        self._ask = ask
        self._catalog = catalog
        self._database = database
        self._refused = refused

    def table(self, parts: tuple[str, ...]) -> TableColumns | None:
        """The table of a dotted name, or None if there is none. Raises what `refused` does."""
        if len(parts) == 3 and parts[0] not in (*OWN_CATALOGS, self._catalog.lower()):
            return None
        database = parts[-2] if len(parts) > 1 else self._database
        sql = ".".join(map(identifier, (self._catalog, database, parts[-1])))
        try:
            described = self._ask(f"DESCRIBE {sql}")
        except duckdb.CatalogException:
            return None
        except duckdb.PermissionException as e:
            # A name like x.parquet the engine also looks for among files, which are closed.
            self._refused(database, parts[-1], e)
            return None
        except (duckdb.InvalidInputException, duckdb.IOException) as e:
            self._refused(database, parts[-1], e)
            raise
        columns = tuple((str(line[0]), type_from_engine(str(line[1]))) for line in described)
        # The engine's own name for a row's file; a column of that name hides it.
        named = any(name.lower() == _FILE for name, _ in columns)
        hidden = () if named else (("$path", Type("varchar"), _FILE),)
        name = ("awsdatacatalog", database, parts[-1])
        return TableColumns(sql, name, columns, hidden=hidden, had=partial(self._had, sql))

    def _had(self, table: str, kind: str, value: str) -> bool:
        """Whether a table has a snapshot of that id, or had one at that time."""
        asked = (
            f"snapshot_id = {value}"
            if kind == "version"
            else f"timestamp_ms <= timezone('UTC', {value})"
        )
        rows = self._ask(f"SELECT count(*) > 0 FROM iceberg_snapshots({table}) WHERE {asked}")
        return str(rows[0][0]).lower() == "true"
