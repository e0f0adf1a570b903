"""The one number that a saved query answers, for an alert on it."""

from decimal import Decimal

import pyarrow as pa

from apps.bi.workbench.desk import Desk
from apps.bi.workbench.result import is_number
from lakehouse.errors import QueryError
from lakehouse.notices.content import Figure, Measured
from lakehouse.notices.definitions import Alert
from lakehouse.query.executions.journal import FOLDER
from lakehouse.query.executions.saved import SavedQueries


def measured(desk: Desk, alert: Alert) -> Measured:
    """The number, none where it is NULL.

    Raises QueryError for an unknown query, one that fails, and one that answers anything else.
    """
    query = SavedQueries(desk.settings.home / FOLDER / "saved").find(alert.query or "")
    handle = desk.start(query.sql, alert.values)
    handle.ended()
    value = _one_number(query.name, handle.page(limit=2))
    text = "NULL" if value is None else f"{value:,f}"
    label = alert.title or query.description or query.name
    return Measured(figure=Figure(name=query.name, label=label, value=value, text=text))


def _one_number(name: str, rows: pa.Table) -> Decimal | None:
    columns, hint = rows.schema.types, "an alert wants one number: one row of one column"
    if rows.num_rows != 1 or len(columns) != 1:
        count = "more than one row" if rows.num_rows > 1 else f"{rows.num_rows} row"
        names = ", ".join(rows.schema.names)
        raise QueryError(f"the saved query {name!r} answers {count} of {names}", hint=hint)
    value = rows[0][0].as_py()
    if value is None:
        return None
    if not is_number(columns[0]):
        raise QueryError(f"the saved query {name!r} answers {columns[0]}, no number", hint=hint)
    number = Decimal(str(value))
    return number if number.is_finite() else None
