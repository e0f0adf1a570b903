"""The shell's own commands, `\\d` and the like: what each one's text asks for."""

import shlex
from dataclasses import dataclass

from lakehouse.errors import QueryError

HELP = {
    "\\l": "list the databases",
    "\\dt [DATABASE]": "list tables and views",
    "\\d [TABLE]": "describe a table; without one, list all",
    "\\timing": "tell how long a statement took and what it scanned, or don't",
    "\\x": "show a row as lines of name and value, or as a table again",
    "\\o [FILE]": "write results to FILE (.csv, .json, .ndjson, .parquet), or show them again",
    "\\?": "this list",
    "\\q": "end, as Ctrl-D does",
}
COMMANDS = tuple(dict.fromkeys(name.split()[0] for name in HELP))


@dataclass(frozen=True)
class Command:
    """A command and its argument."""

    name: str
    argument: str = ""


def read(text: str) -> Command:
    """The command in a line. Raises QueryError for one there is none of."""
    try:
        name, *arguments = shlex.split(text.strip().rstrip(";").replace("\\", "\\\\", 1))
    except ValueError as e:
        raise QueryError(f"{text.strip()}: {e}", hint="a quote is not closed") from e
    if name not in COMMANDS:
        raise QueryError(f"there is no command {name}", hint="\\? lists the commands")
    if len(arguments) > 1:
        raise QueryError(f"{name} takes one argument at most", hint="quote it if it holds spaces")
    return Command(name, arguments[0] if arguments else "")
