"""Text of many days to the text of each."""

from datetime import date
from itertools import pairwise

import numpy as np

from ingest.generator.draws import Ints

NEWLINE = ord("\n")


def split_by_day(text: bytes, day: Ints) -> dict[date, bytes]:
    """The lines of each day, where `day` is the ordinal of each line's, in ascending order."""
    ends = line_ends(text)
    days, counts = np.unique(day, return_counts=True)
    bounds = [0, *ends[np.cumsum(counts) - 1].tolist()]
    return {
        date.fromordinal(int(each)): text[start:stop]
        for each, (start, stop) in zip(days, pairwise(bounds), strict=True)
    }


def line_ends(text: bytes) -> Ints:
    """The offset after each newline: where a text can be cut between lines."""
    return np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == NEWLINE) + 1
