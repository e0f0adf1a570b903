"""What an execution took, as it reads."""

from collections.abc import Sequence

from apps.bi import wording
from lakehouse.query.executions import Execution, State
from lakehouse.query.names import NamedTable

_UNITS = ("bytes", "KB", "MB", "GB", "TB")


def size(count: int) -> str:
    """An amount of data: 1 byte, 48.9 MB."""
    amount, unit = float(count), 0
    while amount >= 1024 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    if unit == 0:
        return "1 byte" if count == 1 else f"{count} bytes"
    return f"{amount:,.1f} {_UNITS[unit]}"


def duration(seconds: float) -> str:
    """A time that passed: 62 ms, 3.2 s, 4 min 10 s."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def cost(dollars: float) -> str:
    """What Athena would charge: nothing, $0.00005, $1.20."""
    if not dollars:
        return "nothing to pay"
    return (
        f"${dollars:.2f}"
        if dollars >= 0.1
        else f"${dollars:.2g}"
        if dollars >= 0.0001
        else (f"${dollars:.6f}")
    )


def ended(execution: Execution) -> str:
    """One sentence on an execution that succeeded, as Markdown."""
    if execution.rows is None:
        what = "**Done**"
    else:
        what = f"**{execution.rows:,} {'row' if execution.rows == 1 else 'rows'}**"
    took = duration(execution.seconds or 0.0)
    if execution.reused:
        return f"{what} in {took}, from an earlier result: nothing was scanned."
    scanned = f"{size(execution.bytes_scanned)} scanned"
    paid = f"Athena would charge {cost(execution.cost)}".replace("$", r"\$")
    return f"{what} in {took}; {scanned}, {paid}."


def offered(tables: Sequence[NamedTable]) -> str:
    """One sentence of Markdown on what can be asked."""
    databases = len({table.database for table in tables})
    return (
        f"**{len(tables):,} table{'' if len(tables) == 1 else 's'}** in {databases:,} "
        f"database{'' if databases == 1 else 's'} can be asked in Athena's SQL; what runs here "
        "only reads."
    )


def state_icon(state: State) -> str:
    """The icon of a state."""
    return {
        State.SUCCEEDED: "✓", State.FAILED: "✗", State.CANCELLED: "■",
    }.get(state, "…")  # fmt: skip


def one_line(sql: str, width: int = 120) -> str:
    """A statement in one line of plain Markdown."""
    text = " ".join(sql.split())
    return wording.plain(text if len(text) <= width else f"{text[: width - 1]}…")
