import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.generator.draws import Purpose, Trait, hashed, locate, slots, stream

SEEDS = st.integers(0, 2**63 - 1)


@given(SEEDS, st.integers(1, 1_000_000))
def test_a_stream_is_its_own(seed: int, period: int) -> None:
    first = stream(seed, Purpose.ORDERS, period).random(8)
    assert (stream(seed, Purpose.ORDERS, period).random(8) == first).all()
    others = [
        stream(seed ^ 1, Purpose.ORDERS, period),
        stream(seed, Purpose.RETURNS, period),
        stream(seed, Purpose.ORDERS, period + 1),
    ]
    assert not any((other.random(8) == first).any() for other in others)


@given(SEEDS, st.lists(st.integers(-1, 2**40), min_size=1, max_size=20))
def test_a_hashed_number_depends_on_nothing_but_its_keys(seed: int, who: list[int]) -> None:
    together = hashed(seed, Trait.TASTE, np.array(who), 3)
    alone = [hashed(seed, Trait.TASTE, np.array([each]), np.array([3]))[0] for each in who]
    assert together.tolist() == alone
    assert ((together >= 0) & (together < 1)).all()


@pytest.mark.parametrize("trait", list(Trait))
def test_hashed_numbers_are_uniform_and_independent(trait: Trait) -> None:
    who = np.arange(100_000)
    first, second = hashed(7, trait, who, 0), hashed(7, trait, who, 1)
    counts = np.histogram(first, bins=20, range=(0, 1))[0]
    # 20 cells of 5,000: chi squared has 19 degrees of freedom, 43.8 is its 99.9 % point.
    assert ((counts - 5_000) ** 2 / 5_000).sum() < 43.8
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.012
    assert abs(np.corrcoef(first[1:], first[:-1])[0, 1]) < 0.012


def test_locate_follows_the_weights() -> None:
    cumulative = np.cumsum([1.0, 0.0, 3.0])
    assert locate(cumulative, np.array([0.0, 0.2499, 0.25, 0.9999])).tolist() == [0, 0, 2, 2]


def test_slots_are_geometric() -> None:
    uniform = (np.arange(1_000_000) + 0.5) / 1_000_000
    counts = np.bincount(slots(uniform, 0.3, 4))
    # 0.3, 0.7 * 0.3, 0.49 * 0.3, and the rest.
    assert counts / 1_000_000 == pytest.approx([0.3, 0.21, 0.147, 0.343], abs=1e-5)
