"""What asks the site for pages: people's browsers, crawlers, scanners and one partner.

All addresses lie in blocks that are reserved for documentation and benchmarks (RFC 5737, RFC
2544), so that no log names anybody's machine.
"""

from dataclasses import dataclass

import numpy as np

from ingest.generator.draws import Ints, Trait, hashed
from ingest.generator.invoices import UNKNOWN


@dataclass(frozen=True)
class Crawler:
    """A search engine's robot: pages a day of it for every order of an average day."""

    agent: str
    address: int
    pages: float


_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
_PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15"
_KHTML = "AppleWebKit/537.36 (KHTML, like Gecko)"
BROWSERS = (
    f"{_WINDOWS} {_KHTML} Chrome/126.0.0.0 Safari/537.36",
    f"{_WINDOWS} {_KHTML} Chrome/125.0.0.0 Safari/537.36",
    f"{_WINDOWS} {_KHTML} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0",
    f"{_MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
    f"{_MAC} {_KHTML} Chrome/126.0.0.0 Safari/537.36",
    f"{_PHONE} (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    f"Mozilla/5.0 (Linux; Android 14; Pixel 8) {_KHTML} Chrome/126.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
)
_BROWSER_SHARES = np.cumsum([0.3, 0.1, 0.16, 0.07, 0.1, 0.08, 0.11, 0.07, 0.01])

_PEOPLE = 198 << 24 | 18 << 16  # 198.18.0.0/15
_ROBOTS = 192 << 24 | 0 << 16 | 2 << 8  # 192.0.2.0/24
_SCANNERS = 203 << 24 | 0 << 16 | 113 << 8  # 203.0.113.0/24
_PARTNERS = 198 << 24 | 51 << 16 | 100 << 8  # 198.51.100.0/24

CRAWLERS = (
    Crawler(
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        _ROBOTS + 17,
        6.0,
    ),
    Crawler(
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", _ROBOTS + 33, 3.0
    ),
    Crawler(
        "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", _ROBOTS + 71, 2.0
    ),
)
SCANNER = "python-requests/2.32.3"
FEED, FEED_ADDRESS = "dotcom-order-feed/2.1", _PARTNERS + 7
# Every client by the number that stands for it in a visit.
AGENTS = (*BROWSERS, *(crawler.agent for crawler in CRAWLERS), SCANNER, FEED)


def people(random: np.random.Generator, seed: int, customer: Ints) -> tuple[Ints, Ints]:
    """An address and an agent for each visitor: customers mostly come from where they always do."""
    count = len(customer)
    own = hashed(seed, Trait.ADDRESS, customer)
    away = (customer == UNKNOWN) | (random.random(count) < 0.15)
    address = np.where(away, random.random(count), own)
    browser = np.where(away, random.random(count), hashed(seed, Trait.BROWSER, customer))
    agent = np.searchsorted(_BROWSER_SHARES, browser * _BROWSER_SHARES[-1], side="right")
    return _PEOPLE + (address * 2**17).astype(np.int64), agent


def scanners(random: np.random.Generator, count: int) -> Ints:
    """An address for each visit of a scanner."""
    return _SCANNERS + random.integers(1, 255, count)


def dotted(addresses: Ints) -> list[str]:
    """The addresses as text."""
    return [f"{a >> 24}.{a >> 16 & 255}.{a >> 8 & 255}.{a & 255}" for a in addresses.tolist()]
