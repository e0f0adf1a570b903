"""Invoices and their lines as arrays: what the logs are put together from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from ingest.generator.draws import Ints

UNKNOWN = -1  # a customer who is not logged in
MINUTES = 24 * 60


class Kind(IntEnum):
    """What an invoice is."""

    ORDER = 0  # of a customer
    GUEST = 1  # of somebody without an account
    MARKETPLACE = 2  # of a marketplace, collected for many people
    RETURN = 3
    ADJUSTMENT = 4  # of the stock, at no price
    FEE = 5
    BAD_DEBT = 6


PREFIX = {Kind.RETURN: "C", Kind.FEE: "C", Kind.BAD_DEBT: "A"}


@dataclass(frozen=True)
class Lines:
    """Lines of invoices, arrays in parallel: `invoice` is a position among the invoices.

    `item` is an index of the assortment's codes, `text` of its texts.
    """

    invoice: Ints
    item: Ints
    text: Ints
    quantity: Ints
    pence: Ints

    def at(self, where: Ints | slice) -> "Lines":
        """The lines at some positions."""
        return Lines(
            self.invoice[where],
            self.item[where],
            self.text[where],
            self.quantity[where],
            self.pence[where],
        )


@dataclass(frozen=True)
class Invoices:
    """Invoices, arrays in parallel, and their lines.

    `minute` counts from the day with ordinal 0; `customer` is a customer's key or UNKNOWN,
    `country` an index of COUNTRIES.
    """

    kind: Ints
    minute: Ints
    customer: Ints
    country: Ints
    lines: Lines

    @property
    def count(self) -> int:
        """How many invoices there are."""
        return len(self.kind)

    @property
    def day(self) -> Ints:
        """The ordinal of each invoice's day."""
        return self.minute // MINUTES

    def sizes(self) -> Ints:
        """How many lines each invoice has."""
        return np.bincount(self.lines.invoice, minlength=self.count)

    def part(self, start: int, stop: int) -> "Invoices":
        """Some invoices in a row, where the lines are in the order of their invoices."""
        invoice = self.lines.invoice
        lines = self.lines.at(slice(*np.searchsorted(invoice, [start, stop])))
        return self._at(slice(start, stop), replace(lines, invoice=lines.invoice - start))

    def _at(self, where: Ints | slice, lines: Lines) -> "Invoices":
        return Invoices(
            kind=self.kind[where],
            minute=self.minute[where],
            customer=self.customer[where],
            country=self.country[where],
            lines=lines,
        )

    def in_order_of_time(self) -> "Invoices":
        """The same invoices, the earliest first, lines in the order of their invoices."""
        by_time = np.argsort(self.minute, kind="stable")
        rank = np.empty_like(by_time)
        rank[by_time] = np.arange(len(by_time))
        by_invoice = np.argsort(rank[self.lines.invoice], kind="stable")
        lines = self.lines.at(by_invoice)
        return self._at(by_time, replace(lines, invoice=rank[lines.invoice]))


def joined(parts: Sequence[Invoices]) -> Invoices:
    """All invoices of the parts, one part after the other."""
    shift = np.cumsum([0, *(part.count for part in parts[:-1])])
    invoice = [part.lines.invoice + n for part, n in zip(parts, shift, strict=True)]
    return Invoices(
        kind=np.concatenate([part.kind for part in parts]),
        minute=np.concatenate([part.minute for part in parts]),
        customer=np.concatenate([part.customer for part in parts]),
        country=np.concatenate([part.country for part in parts]),
        lines=Lines(
            invoice=np.concatenate(invoice),
            item=np.concatenate([part.lines.item for part in parts]),
            text=np.concatenate([part.lines.text for part in parts]),
            quantity=np.concatenate([part.lines.quantity for part in parts]),
            pence=np.concatenate([part.lines.pence for part in parts]),
        ),
    )
