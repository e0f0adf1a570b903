"""Visits to the site: every order of the web has one that leads to it, and most lead nowhere."""

from dataclasses import dataclass

import numpy as np

from ingest.generator.assortment import is_service
from ingest.generator.baskets import Market, by_taste
from ingest.generator.draws import Flags, Floats, Ints
from ingest.generator.invoices import UNKNOWN, Invoices, Kind
from ingest.generator.pages import PAUSES, SEARCHED, Page

# Steps of a visit in order; what is looked at and put into the cart lies between.
_ARRIVE, _LOG_IN, _BROWSE, _LEAVE = -2.0, -1.0, 0.0, 2.0
_VIEWED_FIRST = 0.85  # of what is bought; the rest is ordered again from the account
_OVER_A_CATEGORY = 0.2
# Seconds from arrival to order, and from arrival to the end of a visit without one.
_LONGEST_PURCHASE, _LONGEST_LOOK = 5_400, 3_600
_ABANDONED = 0.12  # of what is viewed without being bought
_FROM_A_SEARCH = 0.35


@dataclass(frozen=True)
class Visits:
    """Visits, and their requests in the order they are made; arrays in parallel.

    By visit: `customer` (UNKNOWN for people who do not log in), `entry` (how they came, 0 to 1).
    By request: `visit`, `page`, `argument` (an index that the page gives its meaning), `second`
    (from the day with ordinal 0 on).
    """

    customer: Ints
    entry: Floats
    visit: Ints
    page: Ints
    argument: Ints
    second: Ints


@dataclass(frozen=True)
class _Steps:
    """Requests in the making: `place` orders those of a visit, `step` those of one place."""

    visit: Ints
    place: Floats
    step: Ints
    page: Ints
    argument: Ints


def buying_visits(random: np.random.Generator, market: Market, week: Invoices) -> Visits:
    """The visits behind the orders of customers and guests: view, put into the cart, pay."""
    order = np.flatnonzero((week.kind == Kind.ORDER) | (week.kind == Kind.GUEST))
    customer = week.customer[order]
    visit, item = _bought(week, order)
    place = random.random(len(item))
    seen = np.flatnonzero(random.random(len(item)) < _VIEWED_FIRST)
    others = random.poisson(1 + 0.35 * np.bincount(visit, minlength=len(order)))
    looking = np.repeat(np.arange(len(order)), others)
    looked = by_taste(random, market, customer[looking])
    ends = (Page.CART, Page.CHECKOUT, Page.PLACE, Page.ORDER)
    parts = [
        _arrivals(random, len(order), customer != UNKNOWN),
        _steps(visit, place, 1, Page.ADD, item),
        _views(random, market, visit[seen], place[seen], item[seen]),
        _views(random, market, looking, random.random(len(looking)), looked),
        *(_once(np.arange(len(order)), _LEAVE + n, page, order) for n, page in enumerate(ends)),
    ]
    steps = _in_order(parts)
    passed = _time_passed(random, steps)
    paid = passed[steps.page == Page.PLACE]
    hurry = np.minimum(1.0, _LONGEST_PURCHASE / np.maximum(paid, 1.0))
    placed = week.minute[order] * 60 + random.integers(0, 60, len(order))
    before = (paid[steps.visit] - passed) * hurry[steps.visit]
    second = placed[steps.visit] - np.ceil(before).astype(np.int64)
    return Visits(
        customer, random.random(len(order)), steps.visit, steps.page, steps.argument, second
    )


def browsing_visits(
    random: np.random.Generator, market: Market, customer: Ints, second: Ints
) -> Visits:
    """Visits that end without an order, one for each customer or UNKNOWN and time of arrival."""
    count = len(customer)
    visit = np.repeat(np.arange(count), random.geometric(0.16, count))
    place = random.random(len(visit))
    item = by_taste(random, market, customer[visit])
    kept = np.flatnonzero(random.random(len(visit)) < _ABANDONED)
    logs_in = (customer != UNKNOWN) & (random.random(count) < 0.7)
    parts = [
        _arrivals(random, count, logs_in),
        _views(random, market, visit, place, item),
        _steps(visit[kept], place[kept], 1, Page.ADD, item[kept]),
    ]
    steps = _in_order(parts)
    passed = _time_passed(random, steps)
    last = np.zeros(count)
    np.maximum.at(last, steps.visit, passed)
    hurry = np.minimum(1.0, _LONGEST_LOOK / np.maximum(last, 1.0))
    at = second[steps.visit] + (passed * hurry[steps.visit]).astype(np.int64)
    known = np.where(logs_in, customer, UNKNOWN)
    return Visits(known, random.random(count), steps.visit, steps.page, steps.argument, at)


def _bought(week: Invoices, order: Ints) -> tuple[Ints, Ints]:
    """Each item of each order once: which visit, which item."""
    position = np.full(week.count, -1)
    position[order] = np.arange(len(order))
    visit = position[week.lines.invoice]
    wanted = (visit >= 0) & ~is_service(week.lines.item)
    pairs = np.unique(np.stack([visit[wanted], week.lines.item[wanted]]), axis=1)
    return pairs[0], pairs[1]


def _arrivals(random: np.random.Generator, count: int, logs_in: Flags) -> _Steps:
    """The first request of each visit, and the login of those who log in."""
    searches = random.random(count) < _FROM_A_SEARCH
    words = random.integers(0, len(SEARCHED), count)
    who = np.flatnonzero(logs_in)
    return _Steps(
        visit=np.concatenate([np.arange(count), who]),
        place=np.concatenate([np.full(count, _ARRIVE), np.full(len(who), _LOG_IN)]),
        step=np.zeros(count + len(who), dtype=np.int64),
        page=np.concatenate(
            [np.where(searches, Page.SEARCH, Page.HOME), np.full(len(who), Page.LOGIN)]
        ),
        argument=np.concatenate([np.where(searches, words, 0), np.zeros(len(who), dtype=np.int64)]),
    )


def _views(
    random: np.random.Generator, market: Market, visit: Ints, place: Floats, item: Ints
) -> _Steps:
    """Product pages, some reached over the page of their category."""
    over = np.flatnonzero(random.random(len(item)) < _OVER_A_CATEGORY)
    return _joined(
        [
            _steps(visit, place, 0, Page.PRODUCT, item),
            _steps(
                visit[over], place[over], -1, Page.CATEGORY, market.assortment.family[item[over]]
            ),
        ]
    )


def _once(visit: Ints, place: float, page: Page, argument: Ints) -> _Steps:
    return _steps(visit, np.full(len(visit), place), 0, page, argument)


def _steps(visit: Ints, place: Floats, step: int, page: Page, argument: Ints) -> _Steps:
    count = len(visit)
    return _Steps(visit, place, np.full(count, step), np.full(count, page), argument)


def _joined(parts: list[_Steps]) -> _Steps:
    return _Steps(
        visit=np.concatenate([part.visit for part in parts]),
        place=np.concatenate([part.place for part in parts]),
        step=np.concatenate([part.step for part in parts]),
        page=np.concatenate([part.page for part in parts]),
        argument=np.concatenate([part.argument for part in parts]),
    )


def _in_order(parts: list[_Steps]) -> _Steps:
    steps = _joined(parts)
    by = np.lexsort((steps.step, steps.place, steps.visit))
    return _Steps(
        steps.visit[by], steps.place[by], steps.step[by], steps.page[by], steps.argument[by]
    )


def _time_passed(random: np.random.Generator, steps: _Steps) -> Floats:
    """Seconds from the arrival of its visit to each request."""
    passed = np.cumsum(random.exponential(PAUSES[steps.page]))
    first = np.searchsorted(steps.visit, steps.visit)
    elapsed: Floats = passed - passed[first]
    return elapsed
