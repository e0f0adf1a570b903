"""The crawler: finds the tables in folders of raw files, and keeps the catalog up to date."""

from lakehouse.crawler.landing import land_tables
from lakehouse.crawler.report import CrawlReport, Event
from lakehouse.crawler.run import Crawl, crawl

__all__ = ["Crawl", "CrawlReport", "Event", "crawl", "land_tables"]
