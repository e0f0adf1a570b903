"""Everything Athena runs that is more than a query: parsed into typed values, every clause kept.

`parse_statement` reads one statement. Nothing it reads is dropped: a clause either is a field of
the value it returns, or ends in an error that names it.
"""

from lakehouse.athena.statements.parser import parse_statement
from lakehouse.athena.statements.values import Statement

__all__ = ["Statement", "parse_statement"]
