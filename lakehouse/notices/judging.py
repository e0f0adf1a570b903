"""When an alert speaks: once when its figure goes beyond the threshold, once when it is back.

After it has fired it is quiet for a while: a figure that swings about the threshold is told once.
If it is still, or again, beyond when the quiet ends, and back to normal was told meanwhile, it
fires again.
"""

from datetime import datetime

from lakehouse.notices.content import Figure
from lakehouse.notices.definitions import Alert, Condition
from lakehouse.notices.state import AlertState, Event


def beyond(alert: Alert, figure: Figure) -> bool | None:
    """Whether the figure is beyond the threshold; None when there is no figure to tell."""
    match alert.condition:
        case Condition.CHANGES:
            return None if figure.change is None else abs(figure.change) > alert.threshold
        case Condition.ABOVE:
            return None if figure.value is None else figure.value > alert.threshold
    return None if figure.value is None else figure.value < alert.threshold


def judged(
    alert: Alert, state: AlertState, figure: Figure, now: datetime
) -> tuple[AlertState, Event | None]:
    """The state after a measurement, and what is to be told, if anything.

    A figure that does not exist changes nothing: it neither fires nor is it back to normal.
    """
    is_beyond = beyond(alert, figure)
    event: Event | None = None
    if is_beyond and not state.told and is_over_quiet(alert, state, now):
        event = "alert.fired"
    elif is_beyond is False and state.told:
        event = "alert.resolved"
    update = {
        "beyond": is_beyond,
        "value": figure.value,
        "text": figure.text,
        "measured_at": now,
        "told": event == "alert.fired" or (state.told and event is None),
        "fired_at": now if event == "alert.fired" else state.fired_at,
        "failed": None,
    }
    return state.model_copy(update=update), event


def is_over_quiet(alert: Alert, state: AlertState, now: datetime) -> bool:
    """Whether it may fire (again)."""
    return state.fired_at is None or now - state.fired_at >= alert.quiet
