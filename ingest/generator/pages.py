"""The pages of the shop's site: what a request for each looks like in an access log."""

from enum import IntEnum

import numpy as np
import polars as pl

from ingest.generator.names import FAMILIES

SITE = "https://www.cadabra.example"


class Page(IntEnum):
    """A kind of request. Some take an argument: an item, a family, a motif, an invoice."""

    HOME = 0
    SEARCH = 1
    CATEGORY = 2
    PRODUCT = 3
    ADD = 4
    CART = 5
    LOGIN = 6
    CHECKOUT = 7
    PLACE = 8
    ORDER = 9
    ROBOTS = 10
    SITEMAP = 11
    FEED = 12
    PROBE = 13


_START = (
    "GET /",
    "GET /search?q=",
    "GET /category/",
    "GET /product/",
    "POST /cart/",
    "GET /cart",
    "POST /login",
    "GET /checkout",
    "POST /checkout",
    "GET /orders/",
    "GET /robots.txt",
    "GET /sitemap.xml",
    "POST /api/orders",
    "GET ",
)
# Method and path up to the argument, by page.
STARTS = pl.Series(_START)
STATUS = np.array([200, 200, 200, 200, 303, 200, 303, 200, 303, 200, 200, 200, 201, 404])
# Bytes of an answer: the median. An answer without a body is logged as "-".
BYTES = np.array([18e3, 27e3, 31e3, 24e3, 0, 9e3, 0, 7e3, 0, 6e3, 310, 190e3, 120, 560])
# Seconds that people let pass before they ask for it, on average.
PAUSES = np.array([1, 15, 14, 24, 13, 12, 18, 20, 45, 1.5, 1, 1, 1, 1], dtype=np.float64)
CAN_BE_SEEN = np.array([start.startswith("GET") for start in _START])

FAMILY_SLUGS = pl.Series([f.motifs[0].lower().replace(" ", "-") for f in FAMILIES])
SEARCHED = pl.Series([m.lower().replace(" ", "+") for f in FAMILIES for m in f.motifs])
# What scanners look for on any server they find.
PROBED = pl.Series(
    [
        "/wp-login.php",
        "/xmlrpc.php",
        "/.env",
        "/.git/config",
        "/phpmyadmin/",
        "/admin/",
        "/cgi-bin/",
    ]
)
