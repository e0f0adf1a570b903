"""`lakehouse crawl`: find the tables in folders of raw files."""

import json
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakehouse.cli import console
from lakehouse.cli.clock import now
from lakehouse.cli.tables import print_rows
from lakehouse.errors import ConfigError, LakehouseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyiceberg.catalog import Catalog

    from lakehouse.cli.root import Invocation
    from lakehouse.config import Settings
    from lakehouse.crawler import Crawl, CrawlReport
    from lakehouse.crawler_settings import CrawlerSettings

EPILOG = """\b
Examples:
  lakehouse crawl /data/raw/orders --dry-run
  lakehouse crawl nightly --json
  lakehouse crawl --due
"""


@click.command(epilog=EPILOG)
@click.argument("names", metavar="[NAME|PATH]...", nargs=-1)
@click.option("--due", is_flag=True, help="Run the crawlers whose schedule says so, for cron.")
@click.option("--database", help="The database of a PATH's tables [raw].")
@click.option("--prefix", help="What the names of a PATH's tables begin with.")
@click.option(
    "--to-iceberg",
    metavar="DATABASE",
    help="Land the rows, too, in Iceberg tables of that database [crawlers.NAME.to_iceberg].",
)
@click.option("--full", is_flag=True, help="Read files again that have not changed.")
@click.option("--dry-run", is_flag=True, help="Tell what would be done, and why; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the reports as a JSON array.")
@click.pass_obj
def crawl(  # noqa: PLR0913 - the flags of a command
    invocation: "Invocation",
    *,
    names: tuple[str, ...],
    due: bool,
    database: str | None,
    prefix: str | None,
    to_iceberg: str | None,
    full: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Find the tables in folders of raw files, and bring the catalog up to date.

    NAME is a crawler of lakehouse.toml, [crawlers.NAME]; PATH a folder or file. What is found is an
    external table, which SQL reads at once. Files that have not changed are not read again. What
    was done is in the table ops.crawls.
    """
    from lakehouse.crawler import Crawl

    settings = invocation.settings()
    if bool(names) == due:
        raise click.UsageError("name crawlers or paths, or ask for those that are --due")
    if due:
        asked = [Crawl(each, settings.crawlers[each]) for each in _due(settings)]
    else:
        asked = [_asked(name, settings, database, prefix) for name in names]
    orders = [_ordered(each, to_iceberg, full=full, dry_run=dry_run) for each in asked]
    reports, errors = _crawled(orders, settings)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in reports], indent=2, default=str))
    else:
        for report in reports:
            _print(report)
    for error in errors[:-1]:
        console.complain(error)
    if errors:
        raise errors[-1]


def _crawled(
    asked: "list[Crawl]", settings: "Settings"
) -> "tuple[list[CrawlReport], list[LakehouseError]]":
    """The reports of the crawls, and the errors of those that could not be done."""
    from lakehouse.catalog.explaining import explained
    from lakehouse.crawler import crawl as crawled
    from lakehouse.crawler import land_tables

    reports, errors = list["CrawlReport"](), list[LakehouseError]()
    if not asked:
        console.note("nothing is due")
        return reports, errors
    progress = console.TerminalProgress()
    with _catalog(settings, dry_run=asked[0].dry_run) as catalog, explained("the catalog"):
        for each in asked:
            try:
                reports.append(crawled(each, catalog, settings, progress, now))
                land_tables(each, reports[-1], catalog, settings, progress)
            except LakehouseError as e:
                errors.append(e)
    return reports, errors


@contextmanager
def _catalog(settings: "Settings", *, dry_run: bool) -> "Iterator[Catalog]":
    """The catalog; of a dry run where nothing is yet, an empty one, and the home stays as it is."""
    from lakehouse.catalog import open_catalog, open_existing
    from lakehouse.catalog.opening import empty_catalog

    if not dry_run:
        with open_catalog(settings) as catalog:
            yield catalog
        return
    with open_existing(settings) as existing, empty_catalog() as empty:
        yield existing or empty


def _ordered(asked: "Crawl", to_iceberg: str | None, *, full: bool, dry_run: bool) -> "Crawl":
    from dataclasses import replace

    given = asked.told.model_dump() | ({"to_iceberg": to_iceberg} if to_iceberg else {})
    told = _checked(given, "--to-iceberg")
    return replace(asked, told=told, full=full, dry_run=dry_run)


def _asked(name: str, settings: "Settings", database: str | None, prefix: str | None) -> "Crawl":
    from difflib import get_close_matches

    from lakehouse.crawler import Crawl

    if name in settings.crawlers:
        if database or prefix:
            raise click.UsageError(f"--database and --prefix are for paths; {name} has its own")
        return Crawl(name, settings.crawlers[name])
    path = Path.cwd() / Path(name).expanduser()
    if "/" in name or path.exists():
        return Crawl(str(path.resolve()), _of_path(path, database, prefix))
    near = get_close_matches(name, settings.crawlers, n=1, cutoff=0.5)
    known = ", ".join(settings.crawlers) or "none"
    hint = f"did you mean {near[0]!r}?" if near else f"crawlers: {known}; a path may have a /"
    raise ConfigError(f"there is no crawler and no path {name!r}", hint=hint)


def _of_path(path: Path, database: str | None, prefix: str | None) -> "CrawlerSettings":
    given = {"database": database, "table_prefix": prefix}
    named = {key: value for key, value in given.items() if value is not None}
    return _checked({"path": path, **named}, "--database and --prefix")


def _checked(given: dict[str, object], flags: str) -> "CrawlerSettings":
    from pydantic import ValidationError

    from lakehouse.crawler_settings import CrawlerSettings

    try:
        return CrawlerSettings.model_validate(given)
    except ValidationError as e:
        reason = e.errors()[0]["msg"].removeprefix("Value error, ")
        raise ConfigError(reason, hint=f"check {flags}") from e


def _due(settings: "Settings") -> list[str]:
    """The crawlers that were scheduled since their last run, or have never run."""
    from lakehouse.crawler.state import load_state, state_file
    from lakehouse.cron import parse_schedule

    found = []
    for name, told in settings.crawlers.items():
        if not told.schedule:
            continue
        scheduled = parse_schedule(told.schedule).latest(now())
        last = load_state(state_file(settings.home, name)).last_run
        if scheduled and (last is None or last < scheduled):
            found.append(name)
    return found


def _print(report: "CrawlReport") -> None:
    if report.events:
        rows = [
            {"action": event.action, "what": event.table or event.file, "why": event.reason}
            for event in report.events
        ]
        print_rows(rows, as_json=False)
    would = " (dry run: nothing was changed)" if report.dry_run else ""
    console.note(
        f"{report.crawler}: {len(report.tables):,} tables; {report.files:,} files, "
        f"{report.files_read:,} of them read, {len(report.events):,} events{would}"
    )
