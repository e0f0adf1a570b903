"""Names that Athena takes: lower case, letters, digits and `_`."""

import re
from collections.abc import Iterable

_OTHER = re.compile(r"[^a-z0-9_]+")
_LONGEST = 200


def legal(name: str, otherwise: str) -> str:
    """The name in lower case with `_` for what Athena does not take; `otherwise` when none is left.

    Letters of other alphabets are such, and so are blanks around the name.
    """
    made = _OTHER.sub("_", name.strip().lower())
    return made[:_LONGEST] if made.strip("_") else otherwise


def unique(names: Iterable[str]) -> list[str]:
    """The names in their order; one that was there before gets a number: `name_1`."""
    given = list(names)
    taken, found = set(given), list[str]()
    seen: set[str] = set()
    for name in given:
        made, number = name, 0
        while made in seen or (number and made in taken):
            number += 1
            made = f"{name}_{number}"
        seen.add(made)
        found.append(made)
    return found
