"""What a record says of itself: named values that jq programs take from its JSON.

Firehose evaluates such programs with jq 1.6; the jq here is newer and understands them. As there,
numbers are doubles: an integer of more than 15 digits does not survive.
https://jqlang.org/manual/v1.6/
"""

import json
from collections.abc import Mapping

import jq

from lakehouse.errors import ConfigError


class QueryError(Exception):
    """A record that a query can't be answered from."""


class Queries:
    """Programs by the names of their values. Raises ConfigError for one that is no jq.

    May be used by several threads at once.
    """

    def __init__(self, programs: Mapping[str, str]) -> None:
        for name, program in programs.items():
            try:
                jq.compile(program)
            except ValueError as e:
                why = str(e).strip().splitlines()[0]
                hint = "such as .customer.id; see https://jqlang.org/manual"
                raise ConfigError(f"the query of {name!r} is no jq: {why}", hint=hint) from e
        named = (f"{json.dumps(name)}: ({program}\n)" for name, program in programs.items())
        self._program = jq.compile("{" + ", ".join(named) + "}")

    def ask(self, record: bytes) -> dict[str, object]:
        """The values a record gives, each a JSON value.

        Raises QueryError when it is not one JSON value, or a program fails on it, or gives none
        or several.
        """
        try:
            answers = self._program.input_text(record.decode()).text().splitlines()
        except ValueError as e:  # also when it is no UTF-8
            raise QueryError(f"{e}") from e
        if len(answers) != 1:
            raise QueryError(f"{len(answers)} answers, not one, from the record")
        values: dict[str, object] = json.loads(answers[0])
        return values


def as_text(value: object) -> str | None:
    """The value as part of a name; None for null, nothing, and what is no single value."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return None
