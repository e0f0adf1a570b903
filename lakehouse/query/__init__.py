"""SQL on the tables of the catalog."""

from lakehouse.query.results import Column, Result
from lakehouse.query.session import Session, open_session

__all__ = ["Column", "Result", "Session", "open_session"]
