"""Values written the way nearly all are, which Arrow converts all at once.

A pattern that leaves no doubt says which those are; `ingest.record_values` says what every other
text means, and means the same by these.
"""

import pyarrow as pa
import pyarrow.compute as pc

from lakehouse.column_specs import TypeName
from lakehouse.tables.declared_types import arrow_type

# Days between 1970 and 2099 that are in the calendar whatever the year.
_DAY = (
    "(?:19[7-9]|20[0-9])[0-9]-"
    "(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)"
    "|(?:0[13578]|1[02])-31)"
)
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?Z?"
_PATTERNS = {
    "boolean": "true|false",
    "int": "-?[1-9][0-9]{0,8}|0",
    "long": "-?[1-9][0-9]{0,17}|0",
    "float": r"(?:-?[1-9][0-9]{0,14}|0)(?:\.[0-9]{1,15})?|-0\.[0-9]{1,15}",
    "double": r"(?:-?[1-9][0-9]{0,14}|0)(?:\.[0-9]{1,15})?|-0\.[0-9]{1,15}",
    "date": _DAY,
    "timestamp": f"{_DAY}(?:[T ]{_CLOCK})?",
    "timestamptz": f"{_DAY}(?:[T ]{_CLOCK})?",
}
# Types whose values are text in JSON too.
TEXTS = frozenset({"string", "date", "timestamp", "timestamptz"})


def usual_pattern(type_: TypeName) -> str | None:
    """A pattern, as RE2 has them, of texts that are usual for a column; None when there is none.

    Any text is usual for a text column; that has no pattern here.
    """
    if type_.name == "decimal":
        precision, scale = type_.sizes
        fraction = rf"(?:\.[0-9]{{1,{scale}}})?" if scale else ""
        whole = precision - scale - 1
        return f"-?(?:0|[1-9][0-9]{{0,{whole}}}){fraction}" if whole >= 0 else None
    return _PATTERNS.get(type_.name)


def converted(texts: pa.Array | pa.ChunkedArray, type_: TypeName) -> pa.Array | pa.ChunkedArray:
    """What a column of the type holds for texts that are usual, or null."""
    arrow = arrow_type(type_)
    if type_.name in {"timestamp", "timestamptz"}:
        return pc.utf8_rtrim(texts, "Z").cast(pa.timestamp("us")).cast(arrow)
    if type_.inner:
        return pa.nulls(len(texts), arrow)
    # As `hold` does, which knows no float but Python's.
    return texts.cast(pa.float64()).cast(arrow) if type_.name == "float" else texts.cast(arrow)
