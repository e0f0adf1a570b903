"""The one place where names and text become SQL."""


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL string, for the statements that take no parameters (COPY, ATTACH)."""
    return "'" + text.replace("'", "''") + "'"
