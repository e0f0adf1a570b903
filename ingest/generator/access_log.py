"""The web access logs of a week's days in Combined Log Format.

The format is that of the Apache HTTP server's documentation: address, -, user, [time], "request",
status, bytes, "referer", "agent". The time is UTC.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from ingest.generator.assortment import open_assortment
from ingest.generator.clients import AGENTS, BROWSERS, dotted
from ingest.generator.customers import FIRST_NUMBER
from ingest.generator.day_texts import split_by_day
from ingest.generator.draws import Floats, Ints, Purpose, stream
from ingest.generator.invoices import UNKNOWN
from ingest.generator.pages import (
    BYTES,
    CAN_BE_SEEN,
    FAMILY_SLUGS,
    PROBED,
    SEARCHED,
    SITE,
    STARTS,
    STATUS,
    Page,
)
from ingest.generator.traffic import SECONDS, Traffic, traffic_of_week
from ingest.generator.visits import Visits
from ingest.generator.weeks import Week
from lakehouse.config import GenerateSettings

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CLOCK = pl.Series([f"{s // 3600:02}:{s // 60 % 60:02}:{s % 60:02} +0000" for s in range(SECONDS)])
_ENTRIES = pl.Series(["-", "https://www.google.com/", f"{SITE}/newsletter"])
_ENTRY_SHARES = np.array([0.6, 0.93])
_NOT_MODIFIED = 0.05
_FAILED = 0.0008
# Now and then the site is down for minutes: a request fails, and is made again until it works.
_OUTAGES, _SHORTEST, _LONGEST_OUTAGE = 0.05, 180, 1_200
_TIME = re.compile(rb"\[(\d\d)/(\w{3})/(\d{4}):")


@dataclass(frozen=True)
class _Answers:
    """What was answered: the request's position in the traffic, when, and how."""

    request: Ints
    second: Ints
    status: Ints


def access_texts(settings: GenerateSettings, week: Week) -> dict[date, bytes]:
    """The log lines of each day of the week."""
    random = stream(settings.seed, Purpose.VISITS, week.monday.toordinal())
    traffic = traffic_of_week(random, settings, week)
    answers = _answers(random, settings.seed, week, traffic)
    size = BYTES[traffic.visits.page[answers.request]] * random.lognormal(
        0.0, 0.25, len(answers.request)
    )
    lines = _lines(settings.seed, week, traffic, answers, size)
    text: str = lines.str.join("").item()
    return split_by_day(text.encode(), answers.second // SECONDS)


def day_of_request(line: bytes) -> date:
    """The day an access log line was written on. Raises ValueError when it is no such line."""
    found = _TIME.search(line)
    if found is None or found[2].decode() not in _MONTHS:
        raise ValueError("no time in square brackets")
    return date(int(found[3]), _MONTHS.index(found[2].decode()) + 1, int(found[1]))


def _answers(random: np.random.Generator, seed: int, week: Week, traffic: Traffic) -> _Answers:
    """An answer to each request, and before some of them one that failed, in order of time."""
    visits = traffic.visits
    count = len(visits.page)
    status = STATUS[visits.page]
    product = np.flatnonzero(visits.page == Page.PRODUCT)
    gone = ~open_assortment(seed).on_sale(visits.argument[product], week.monday.toordinal())
    status[product[gone]] = 404
    unchanged = (status == 200) & (visits.page <= Page.PRODUCT)
    status[unchanged & (random.random(count) < _NOT_MODIFIED)] = 304
    down = _down(random, week, visits.second)
    failed = np.flatnonzero(down | (random.random(count) < _FAILED))
    earlier = visits.second[failed] - random.integers(1, 6, len(failed))
    request = np.concatenate([failed, np.arange(count)])
    second = np.concatenate([np.maximum(earlier, _not_before(visits)[failed]), visits.second])
    status = np.concatenate([np.where(down[failed], 503, 500), status])
    # In the same second: requests of a visit in their order, each after its own failure.
    by_time = np.lexsort((np.arange(len(request)) >= len(failed), request, second))
    return _Answers(request[by_time], second[by_time], status[by_time])


def _not_before(visits: Visits) -> Ints:
    """The second of the request before in the same visit, or else that of midnight."""
    midnight = visits.second // SECONDS * SECONDS
    follows = visits.visit[1:] == visits.visit[:-1]
    before = midnight.copy()
    before[1:] = np.where(follows, visits.second[:-1], midnight[1:])
    return before


def _down(random: np.random.Generator, week: Week, second: Ints) -> np.ndarray:
    """Whether the site is down at each second."""
    down = np.zeros(len(second), dtype=bool)
    for day in np.flatnonzero(random.random(7) < _OUTAGES):
        start = (week.monday.toordinal() + int(day)) * SECONDS + random.integers(SECONDS)
        stop = start + random.integers(_SHORTEST, _LONGEST_OUTAGE)
        down |= (second >= start) & (second < stop)
    return down


def _lines(seed: int, week: Week, traffic: Traffic, answers: _Answers, size: Floats) -> pl.Series:
    visits = traffic.visits
    requests = _requests(seed, week, traffic)
    request = pl.Series(answers.request)
    visit = pl.Series(visits.visit[answers.request])
    answered = pl.Series(size.astype(np.int64)).cast(pl.String)
    empty = pl.Series(np.isin(answers.status, (303, 304)))
    frame = pl.DataFrame(
        {
            "address": pl.Series(dotted(traffic.address)).gather(visit),
            "user": _users(traffic).gather(request),
            "day": _days(week).gather(answers.second // SECONDS - week.monday.toordinal()),
            "clock": _CLOCK.gather(answers.second % SECONDS),
            "request": requests.gather(request),
            "status": pl.Series(answers.status).cast(pl.String),
            "bytes": pl.Series(["-"]).new_from_index(0, len(size)).zip_with(empty, answered),
            "referer": _referers(traffic, requests).gather(request),
            "agent": pl.Series(AGENTS).gather(traffic.agent[visits.visit[answers.request]]),
        }
    )
    form = '{} - {} [{}:{}] "{} HTTP/1.1" {} {} "{}" "{}"\n'
    return frame.select(pl.format(form, *frame.columns)).to_series()


def _requests(seed: int, week: Week, traffic: Traffic) -> pl.Series:
    """Method and path of each request."""
    page, argument = traffic.visits.page, traffic.visits.argument
    codes = open_assortment(seed).codes
    numbers = pl.Series(week.numbers).cast(pl.String)
    texts = pl.concat([pl.Series([""]), SEARCHED, FAMILY_SLUGS, PROBED, numbers, codes])
    offsets = np.cumsum([1, len(SEARCHED), len(FAMILY_SLUGS), len(PROBED), len(numbers)])
    begins = np.zeros(len(Page), dtype=np.int64)
    begins[[Page.SEARCH, Page.CATEGORY, Page.PROBE, Page.ORDER]] = offsets[:4]
    begins[[Page.PRODUCT, Page.ADD]] = offsets[4]
    where = np.where(begins[page] > 0, begins[page] + argument, 0)
    return STARTS.gather(page) + texts.gather(where)


def _users(traffic: Traffic) -> pl.Series:
    """The user of each request: the customer from the login of the visit on."""
    visits = traffic.visits
    logins = np.cumsum(visits.page == Page.LOGIN)
    first = np.searchsorted(visits.visit, visits.visit)
    before = logins[first] - (visits.page[first] == Page.LOGIN)
    known = (logins > before) & (visits.customer[visits.visit] != UNKNOWN)
    names = pl.Series(visits.customer + FIRST_NUMBER).cast(pl.String)
    nobody = pl.Series(["-"]).new_from_index(0, len(known))
    return names.gather(visits.visit).zip_with(pl.Series(known), nobody)


def _referers(traffic: Traffic, requests: pl.Series) -> pl.Series:
    """The page each request was made from: the last one seen in the visit, or how it began."""
    visits = traffic.visits
    seen = np.where(CAN_BE_SEEN[visits.page], np.arange(len(visits.page)), -1)
    last = np.concatenate([[-1], np.maximum.accumulate(seen)])[:-1]
    inside = (last >= 0) & (visits.visit[last] == visits.visit)
    person = (traffic.agent < len(BROWSERS))[visits.visit]
    inside &= person
    paths = SITE + requests.str.slice(len("GET "))
    entry = np.searchsorted(_ENTRY_SHARES, visits.entry, side="right")[visits.visit]
    outside = _ENTRIES.gather(np.where(person, entry, 0))
    return paths.gather(np.maximum(last, 0)).zip_with(pl.Series(inside), outside)


def _days(week: Week) -> pl.Series:
    days = [week.monday + timedelta(days=n) for n in range(7)]
    return pl.Series([f"{day.day:02}/{_MONTHS[day.month - 1]}/{day.year}" for day in days])
