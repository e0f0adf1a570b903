"""Which partitioning and order of a table would let the queries asked of it read least."""

from lakehouse.advice.advising import Advice, advise
from lakehouse.advice.measuring import Measured

__all__ = ["Advice", "Measured", "advise"]
