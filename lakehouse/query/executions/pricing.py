"""What Athena would charge: by the bytes scanned, whatever a query computes.

Rules: "Amazon Athena pricing". Bytes are rounded up to the megabyte, with 10 MB the least for a
query. DDL is free, so are failed queries; a cancelled one pays for what it had scanned. A result
that was used again has scanned nothing, and costs nothing. Megabytes and terabytes are powers of
1024.
"""

import re
from typing import Final

from lakehouse.query.executions.records import State
from lakehouse.query.executions.words import without_comments

MEGABYTE: Final = 1 << 20
TERABYTE: Final = 1 << 40
_LEAST: Final = 10 * MEGABYTE

_CREATE_AS = re.compile(
    r"create\s+(or\s+replace\s+)?table\b.*?\bas\s*[\s(](select|with|values|from|table)\b"
)
_UTILITY = frozenset({"show", "describe", "desc", "explain", "prepare", "deallocate", "summarize"})
_DDL = frozenset({"create", "drop", "alter", "msck"})


def kind_of(sql: str) -> str:
    """DML, DDL or UTILITY, as Athena sorts statements; CREATE TABLE AS is DML."""
    text = without_comments(sql).lower()
    word = re.split(r"\W", text, maxsplit=1)[0]
    if word in _UTILITY:
        return "UTILITY"
    if word in _DDL and not (word == "create" and _CREATE_AS.match(text.replace("\n", " "))):
        return "DDL"
    return "DML"


def cost_of(kind: str, state: State, scanned: int, price_per_tb: float, *, reused: bool) -> float:
    """Dollars for an execution that has ended."""
    if kind != "DML" or reused or state not in (State.SUCCEEDED, State.CANCELLED):
        return 0.0
    if state is State.CANCELLED and not scanned:
        return 0.0
    megabytes = -(-max(scanned, _LEAST) // MEGABYTE)
    return megabytes * MEGABYTE / TERABYTE * price_per_tb
