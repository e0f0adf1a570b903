"""One BLAS thread: implicit and LightGBM thread themselves, and more only fight for the cores."""

from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits


@contextmanager
def single_threaded() -> Iterator[None]:
    """Run the block with BLAS on one thread; the sums come out the same on every machine."""
    with threadpool_limits(limits=1, user_api="blas"):
        yield
