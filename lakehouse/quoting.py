"""The one way text gets into a SQL statement where a parameter can't stand."""


def identifier(*parts: str) -> str:
    """A name, quoted, its parts joined by dots: `"lake"."core"."fct_orders"`."""
    return ".".join('"' + _whole(part).replace('"', '""') + '"' for part in parts)


def literal(text: str) -> str:
    """A string literal."""
    return "'" + _whole(text).replace("'", "''") + "'"


def _whole(text: str) -> str:
    # A NUL would end the statement inside the quotes.
    if "\0" in text:
        raise ValueError("a NUL character can't stand in a SQL statement")
    return text
