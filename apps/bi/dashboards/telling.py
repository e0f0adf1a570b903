"""The sentence of a saved dashboard: what its first cards say."""

import pyarrow as pa
import pyarrow.compute as pc

from apps.bi import wording
from apps.bi.dashboards.files import Card, Show
from apps.bi.workbench.result import is_number


def told(card: Card, name: str, rows: pa.Table, count: int) -> str:
    """One sentence of Markdown on a card called `name`: its figure, or its highest row.

    `rows` are the first of the `count` rows of its answer; beyond them nothing is the highest.
    """
    called = f"**{wording.plain(name)}**"
    if not count:
        return f"{called} has no row."
    numbers = [field.name for field in rows.schema if is_number(field.type)]
    y = next((each for each in (*card.y, *numbers) if each in numbers), None)
    labels = [each for each in rows.schema.names if each not in numbers]
    x = card.x if card.x in rows.schema.names else next(iter(labels), None)
    if y is None or (card.show is not Show.FIGURE and (x in (None, y) or count > rows.num_rows)):
        return f"{called} has **{count:,} row{'' if count == 1 else 's'}**."
    if card.show is Show.FIGURE:
        return f"{called}: {wording.plain(y)} is **{amount(rows[y][0].as_py())}**."
    highest = pc.max(rows[y]).as_py()
    if highest is None:
        return f"{called} has {count:,} rows, and no {wording.plain(y)} in any."
    place = rows[y].to_pylist().index(highest)
    return (
        f"Of {count:,} in {called}, **{wording.plain(str(rows[x][place].as_py()))}** has the "
        f"highest {wording.plain(y)}: **{amount(highest)}**."
    )


def amount(value: object) -> str:
    """A number as it reads: 1,234.50; NULL as NULL."""
    return "NULL" if value is None else f"{value:,}"
