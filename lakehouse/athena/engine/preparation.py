"""Creates the macros and functions on a connection."""

from pathlib import Path

import duckdb
from duckdb.func import FunctionNullHandling

from lakehouse.athena.engine.python_functions import FUNCTIONS, PythonFunction

_MACROS = Path(__file__).with_name("macros.sql")


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Make a connection ready for translated statements.

    Creates temporary macros and functions named athena_*, and sets the session's zone to UTC,
    which is Athena's. Calling it twice does no harm.
    """
    con.execute("SET TimeZone = 'UTC'")
    known = {
        name
        for (name,) in con.execute(
            "SELECT function_name FROM duckdb_functions() WHERE function_name LIKE 'athena_%'"
        ).fetchall()
    }
    for name, function, parameters, result in FUNCTIONS:
        if name not in known:
            # SPECIAL: the function itself is asked about NULL, and may answer it.
            con.create_function(
                name,
                _strict(function, len(parameters)),
                list(parameters),
                result,
                null_handling=FunctionNullHandling.SPECIAL,
            )
    con.execute(_MACROS.read_text(encoding="utf-8"))


def _strict(function: PythonFunction, arity: int) -> PythonFunction:
    """NULL in, NULL out; any other value as the function says. The engine counts parameters."""
    if arity == 1:
        return lambda a: None if a is None else function(a)
    if arity == 2:
        return lambda a, b: None if a is None or b is None else function(a, b)
    if arity == 3:
        return lambda a, b, c: None if None in (a, b, c) else function(a, b, c)
    return lambda a, b, c, d: None if None in (a, b, c, d) else function(a, b, c, d)
