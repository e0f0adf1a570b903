"""Server logs to landing tables: reading, delivery, bookmarks; and the generator of such logs."""

from ingest.generator import generate_orders
from ingest.landing import LandingReport
from ingest.streams import land_logs, land_orders

__all__ = ["LandingReport", "generate_orders", "land_logs", "land_orders"]
