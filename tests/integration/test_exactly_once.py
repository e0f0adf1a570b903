"""Exactly once, against everything that kills: `make soak` for the long form.

A writer that rotates its logs in every way, ingesters that are killed at random and at named
points, expiry beside them; at the end the writer's own record is compared with the tables.
"""

import os
import pkgutil
import random
import sys
from pathlib import Path

import pytest

from tests.soak.dying import POINTS
from tests.soak.harness import Soak


def seed() -> int:
    """What decides; SOAK_SEED repeats a run."""
    chosen = int(os.environ.get("SOAK_SEED", random.SystemRandom().randrange(1 << 30)))
    sys.stdout.write(f"SOAK_SEED={chosen}\n")
    return chosen


@pytest.mark.parametrize("kills", [20, pytest.param(300, marks=pytest.mark.soak)])
def test_killed_at_random(tmp_path: Path, kills: int) -> None:
    soak = Soak(tmp_path, seed())
    soak.run(kills)
    soak.check()
    sys.stdout.write(f"{soak.tally}\n")


@pytest.mark.parametrize("point", POINTS)
def test_a_point_to_die_at_is_there(point: str) -> None:
    """Where a delivery is killed is named by what the product is made of."""
    name = POINTS[point].replace(":", ".")
    assert callable(pkgutil.resolve_name(name))
