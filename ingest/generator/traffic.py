"""All that is asked of the site in a week: by people, by crawlers, by scanners, by a partner."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from ingest.generator.baskets import Market, market_of_week
from ingest.generator.clients import AGENTS, CRAWLERS, FEED, FEED_ADDRESS, SCANNER, people, scanners
from ingest.generator.customers import customers_of
from ingest.generator.draws import Ints, pick
from ingest.generator.invoices import UNKNOWN, Invoices, Kind
from ingest.generator.orders import spread
from ingest.generator.pages import PROBED, Page
from ingest.generator.seasons import busyness
from ingest.generator.visits import Visits, browsing_visits, buying_visits
from ingest.generator.weeks import Week
from lakehouse.config import GenerateSettings

SECONDS = 24 * 60 * 60
# Visits without an order, for every order of the day; on closed days people look as well.
_BROWSING, _CLOSED_DAYS = 2.2, 0.4
_KNOWN = 0.45
# From midnight on; nobody comes in the last hour, so that every visit ends on its day.
_PEOPLE_HOURS = np.cumsum(
    [6, 4, 3, 2, 2, 4, 9, 18, 34, 52, 62, 64, 68, 66, 60, 56, 50, 46, 44, 48, 52, 46, 30]
).astype(np.float64)
_CRAWL = 25  # pages on average
_SCANS = 0.05  # for every order of an average day
_GONE = 0.05  # of what crawlers ask for


@dataclass(frozen=True)
class Traffic:
    """Visits, and by visit the address and the agent (an index of AGENTS) they come from."""

    visits: Visits
    address: Ints
    agent: Ints


def traffic_of_week(random: np.random.Generator, settings: GenerateSettings, week: Week) -> Traffic:
    """All visits of the week, in no order of time."""
    market = market_of_week(settings.seed, week.monday.toordinal())
    buying = buying_visits(random, market, week.invoices)
    browsing = browsing_visits(random, market, *_visitors(random, settings, week.monday))
    parts = [
        Traffic(visits, *people(random, settings.seed, visits.customer))
        for visits in (buying, browsing)
    ]
    for number, crawler in enumerate(CRAWLERS):
        counts = _daily(random, crawler.pages / _CRAWL * settings.orders_per_day)
        crawls = _crawls(random, market, market.monday + spread(counts))
        agent = len(AGENTS) - len(CRAWLERS) - 2 + number
        parts.append(_from(crawls, np.full(len(crawls.customer), crawler.address), agent))
    counts = _daily(random, _SCANS * settings.orders_per_day)
    scans = _scans(random, market.monday + spread(counts))
    addresses = scanners(random, len(scans.customer))
    parts.append(_from(scans, addresses, AGENTS.index(SCANNER)))
    feed = _feed(random, week.invoices)
    parts.append(_from(feed, np.full(len(feed.customer), FEED_ADDRESS), AGENTS.index(FEED)))
    return _joined(parts)


def _visitors(
    random: np.random.Generator, settings: GenerateSettings, monday: date
) -> tuple[Ints, Ints]:
    """Who looks around in the week without buying, and when they arrive."""
    busy = np.array([busyness(monday + timedelta(days=n)) for n in range(7)])
    counts = random.poisson(
        settings.orders_per_day * _BROWSING * np.where(busy > 0, busy, _CLOSED_DAYS)
    )
    count = int(counts.sum())
    customers = customers_of(settings.seed, settings.orders_per_day, monday.year)
    known = customers.key[customers.returning(random, monday.toordinal(), count)]
    hour = pick(random, _PEOPLE_HOURS, count)
    second = hour * 3_600 + random.integers(0, 3_600, count)
    day = monday.toordinal() + spread(counts)
    return np.where(random.random(count) < _KNOWN, known, UNKNOWN), day * SECONDS + second


def _daily(random: np.random.Generator, mean: float) -> Ints:
    return random.poisson(mean, 7)


def _crawls(random: np.random.Generator, market: Market, day: Ints) -> Visits:
    """Visits of a crawler: product pages, also of items that are gone, one every few seconds."""
    sizes = random.geometric(1 / _CRAWL, len(day))
    visit = np.repeat(np.arange(len(day)), sizes)
    count = len(visit)
    kinds = [Page.PRODUCT, Page.CATEGORY, Page.ROBOTS, Page.SITEMAP]
    page = random.choice(kinds, count, p=[0.8, 0.13, 0.06, 0.01])
    item = market.shelf.item[random.integers(0, len(market.shelf.item), count)]
    gone = np.flatnonzero(market.assortment.ended <= market.monday)
    item = np.where(random.random(count) < _GONE, gone[random.integers(0, len(gone), count)], item)
    argument = np.where(page == Page.CATEGORY, market.assortment.family[item], item)
    return _robotic(random, day, visit, page, argument)


def _scans(random: np.random.Generator, day: Ints) -> Visits:
    """Visits of scanners, who look for what is not there."""
    visit = np.repeat(np.arange(len(day)), random.integers(3, 20, len(day)))
    page = np.full(len(visit), Page.PROBE)
    return _robotic(random, day, visit, page, random.integers(0, len(PROBED), len(visit)))


def _robotic(
    random: np.random.Generator, day: Ints, visit: Ints, page: Ints, argument: Ints
) -> Visits:
    """A visit at any time of each `day`, with a request every second or two."""
    count = len(day)
    longest = int(np.bincount(visit, minlength=1).max()) * 2
    start = random.integers(0, max(1, SECONDS - longest), count)
    position = np.arange(len(visit)) - np.searchsorted(visit, visit)
    second = (day * SECONDS + start)[visit] + position * 2 - random.integers(0, 2, len(visit))
    second = np.maximum(second, (day * SECONDS)[visit])
    return Visits(np.full(count, UNKNOWN), np.ones(count), visit, page, argument, second)


def _feed(random: np.random.Generator, invoices: Invoices) -> Visits:
    """The marketplace sends its orders by machine, one request each."""
    order = np.flatnonzero(invoices.kind == Kind.MARKETPLACE)
    count = len(order)
    second = invoices.minute[order] * 60 + random.integers(0, 60, count)
    page = np.full(count, Page.FEED)
    visit = np.arange(count)
    return Visits(np.full(count, UNKNOWN), np.ones(count), visit, page, order, second)


def _from(visits: Visits, address: Ints, agent: int) -> Traffic:
    return Traffic(visits, address, np.full(len(address), agent))


def _joined(parts: list[Traffic]) -> Traffic:
    shift = np.cumsum([0, *(len(part.address) for part in parts[:-1])])
    all_visits = [
        replace(part.visits, visit=part.visits.visit + n)
        for part, n in zip(parts, shift, strict=True)
    ]
    fields = ("customer", "entry", "visit", "page", "argument", "second")
    return Traffic(
        Visits(*(np.concatenate([getattr(v, field) for v in all_visits]) for field in fields)),
        np.concatenate([part.address for part in parts]),
        np.concatenate([part.agent for part in parts]),
    )
