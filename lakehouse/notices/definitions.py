"""What an alert and a report are: a TOML file each, to be reviewed and versioned.

docs/alerts.md explains every key.
"""

from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from lakehouse.cron import parse_schedule
from lakehouse.maintenance_settings import Duration
from lakehouse.notice_settings import Address

MOST_TARGETS = 20
_WEBHOOK = ("https://", "http://")


def _one_line(given: str) -> str:
    if not given.strip() or not given.isprintable():
        raise ValueError("one line of text is wanted")
    return given.strip()


def _url(given: str) -> str:
    parts = urlsplit(given)
    if not given.startswith(_WEBHOOK) or not parts.hostname or not given.isascii():
        raise ValueError('a webhook is like "https://example.com/hook"')
    if not given.isprintable() or " " in given:
        raise ValueError("a webhook has no spaces in its URL: write %20")
    if parts.username is not None:
        raise ValueError("no password belongs in a file: a webhook's URL has no user in it")
    try:
        _ = parts.port
    except ValueError as e:
        raise ValueError(f"{given!r} has no port of a URL") from e
    return given


def _zone(given: str) -> str:
    try:
        ZoneInfo(given)
    except (ZoneInfoNotFoundError, ValueError, OSError) as e:
        raise ValueError('there is no such time zone; one is like "Europe/London"') from e
    return given


def _schedule(given: str) -> str:
    parse_schedule(given)
    return given


Line = Annotated[str, Field(max_length=200), AfterValidator(_one_line)]
Webhook = Annotated[str, Field(max_length=2000), AfterValidator(_url)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PageFilters(_Table):
    """What a page is narrowed to: the parameters of its URL, where 4 and "4" are the same."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    period: Line | None = None
    days: tuple[date, date] | None = None
    compare: Line | None = None
    country: Line | None = None
    segment: Line | None = None
    group: Line | None = None
    product: Line | None = None
    find: Line | None = None
    customer: Line | None = None
    metric: Line | None = None
    level: Line | None = None
    series: Line | None = None
    weeks: Line | None = None
    stale: Line | None = None
    rejects: Line | None = None

    def as_query(self) -> str:
        """The query string of the page's URL; empty where nothing is narrowed."""
        given = self.model_dump(mode="json", exclude_none=True)
        if self.days is not None:
            given["period"] = "Custom"
        return urlencode(given, doseq=True)

    @model_validator(mode="after")
    def _one_period(self) -> Self:
        if self.days is not None and self.period not in (None, "Custom"):
            raise ValueError("give period or days, not both")
        if self.days is None and self.period == "Custom":
            raise ValueError('days are missing: ["2011-11-01", "2011-11-30"]')
        if self.days is not None and self.days[0] > self.days[1]:
            raise ValueError("the first of the days is after the last")
        return self


class Condition(StrEnum):
    """What an alert waits for."""

    ABOVE = "above"
    BELOW = "below"
    CHANGES = "changes by more than"


class Notice(_Table):
    """Something that is told to somebody: what alerts and reports have in common."""

    title: Line | None = None
    filters: PageFilters = PageFilters()
    to: Annotated[tuple[Address, ...], Field(max_length=MOST_TARGETS)] = ()
    webhooks: Annotated[tuple[Webhook, ...], Field(max_length=MOST_TARGETS)] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        """Whom it is told: addresses and URLs, each once."""
        return tuple(dict.fromkeys((*self.to, *self.webhooks)))

    @model_validator(mode="after")
    def _told_to_somebody(self) -> Self:
        if not self.targets:
            raise ValueError("nobody would be told: `to` holds e-mail addresses, `webhooks` URLs")
        return self


class Alert(Notice):
    """A figure, and the threshold beyond which it is told.

    The figure is the `kpi` of a page ("overview.net_revenue"), or what a saved `query` answers:
    one number. `threshold` is in the figure's own unit, percent for rates and for changes.
    """

    kpi: Line | None = None
    query: Line | None = None
    values: tuple[str, ...] = ()
    condition: Condition
    threshold: Annotated[Decimal, Field(allow_inf_nan=False)]
    quiet: Duration = timedelta(hours=24)

    @property
    def moves_alone(self) -> bool:
        """Whether its figure can change without a publication."""
        return self.query is not None or (self.kpi or "").startswith("operations.")

    @model_validator(mode="after")
    def _one_figure(self) -> Self:
        if (self.kpi is None) == (self.query is None):
            raise ValueError("give kpi or query, and only one of them")
        if self.query is None and self.values:
            raise ValueError("values are those of a query")
        if self.query is not None and self.filters != PageFilters():
            raise ValueError("filters are those of a page; a query has values")
        if self.condition is Condition.CHANGES:
            if self.query is not None:
                raise ValueError("a query compares with nothing: its condition is above or below")
            if self.threshold < 0:
                raise ValueError("a change is told by its size: the threshold is not below 0")
        return self


class Report(Notice):
    """A page, and when it is sent: `schedule` as cron has it, by the clock of `timezone`."""

    page: Line
    schedule: Annotated[str, AfterValidator(_schedule)]
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"


def is_webhook(target: str) -> bool:
    """Whether a target is a URL, and no address."""
    return target.startswith(_WEBHOOK)


def shown(target: str) -> str:
    """A target as it may be told: of a URL the path is left out, which can be a secret."""
    if not is_webhook(target):
        return target
    parts = urlsplit(target)
    return f"{parts.scheme}://{parts.netloc}/\N{HORIZONTAL ELLIPSIS}"
