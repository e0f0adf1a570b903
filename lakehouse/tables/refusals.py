"""What the operating system refuses DuckDB, as the OSError that it is."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
from duckdb import DuckDBPyConnection


@contextmanager
def refusals_of_the_system(connection: DuckDBPyConnection) -> Iterator[None]:
    """Raise OSError, with its number, where DuckDB could not write a file; other errors stay.

    DuckDB tells the number (28: the disk is full) only where it tells its errors as JSON. The
    block must end outside of a transaction.
    """
    connection.execute("set errors_as_json = true")
    try:
        yield
    except duckdb.Error as e:
        fields = _fields(e)
        if "errno" in fields:
            raise OSError(int(fields["errno"]), fields["exception_message"]) from e
        if fields:
            kind = fields["exception_type"]
            raise type(e)(f"{kind} Error: {fields['exception_message']}") from e
        raise
    finally:
        connection.execute("set errors_as_json = false")


def _fields(error: duckdb.Error) -> dict[str, str]:
    """The fields of an error; none if it comes without, as those of a commit do."""
    text = str(error)
    try:
        fields = json.JSONDecoder().raw_decode(text, text.index("{"))[0]
    except ValueError:  # JSONDecodeError is one
        return {}
    return fields if "exception_message" in fields else {}
