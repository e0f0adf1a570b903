"""The published states: which snapshot each mart had after each publication."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError

from lakehouse.errors import CatalogError
from lakehouse.tables.ops import PUBLICATIONS


@dataclass(frozen=True)
class Published:
    """A mart as it was published: its snapshot, and its rows then."""

    snapshot_id: int
    row_count: int


@dataclass(frozen=True)
class State:
    """The marts after a publication, by name, whichever publication brought each; 0: none yet."""

    number: int
    published_at: datetime | None
    marts: Mapping[str, Published]


def published_states(catalog: Catalog) -> list[State]:
    """The state after every publication, from old to new; the first is that before all of them."""
    try:
        ledger = catalog.load_table(PUBLICATIONS).scan().to_arrow().to_pylist()
    except (NoSuchTableError, NoSuchNamespaceError):
        ledger = []
    states = [State(0, None, {})]
    for row in sorted(ledger, key=lambda row: row["publication_id"]):
        number, marts = row["publication_id"], dict(states[-1].marts)
        if row["snapshot_id"] is None:
            marts.pop(row["table_name"], None)
        else:
            marts[row["table_name"]] = Published(row["snapshot_id"], row["row_count"])
        if states[-1].number == number:
            states.pop()
        states.append(State(number, row["published_at"], marts))
    return states


def choose(states: Sequence[State], before: int | None, after: int | None) -> tuple[State, State]:
    """The two states to compare: the last publication and the one before it unless said otherwise.

    Raises CatalogError when there is no such publication.
    """
    known = {state.number: state for state in states}
    if len(known) == 1:
        raise CatalogError("nothing was published yet", hint="run `lakehouse build`")
    last = states[-1].number
    later = last if after is None else after
    earlier = later - 1 if before is None else before
    for number in (earlier, later):
        if number not in known:
            hint = f"there are publications 1 to {last}; 0 is the state before them"
            raise CatalogError(f"there is no publication {number}", hint=hint)
    return known[earlier], known[later]
