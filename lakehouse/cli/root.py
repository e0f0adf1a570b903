"""`lakehouse`: the group, the flags every command shares, and the way out."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from lakehouse import __version__
from lakehouse.cli import console
from lakehouse.cli.access import access
from lakehouse.cli.alerts import alerts
from lakehouse.cli.bookmarks import bookmarks
from lakehouse.cli.build import build
from lakehouse.cli.catalog import catalog
from lakehouse.cli.crawl import crawl
from lakehouse.cli.dashboard import dashboard
from lakehouse.cli.diff import diff
from lakehouse.cli.generate import generate
from lakehouse.cli.ingest import ingest
from lakehouse.cli.maintenance import tables
from lakehouse.cli.ml import ml
from lakehouse.cli.queries import queries
from lakehouse.cli.reports import reports
from lakehouse.cli.scale_out import scale_out
from lakehouse.cli.sql import sql
from lakehouse.errors import LakehouseError, MachineError

if TYPE_CHECKING:
    from lakehouse.config import Settings


@dataclass(frozen=True)
class Invocation:
    """The flags given before the command's name."""

    home: Path | None
    config: Path | None

    def settings(self, **flags: object) -> "Settings":
        """The settings, with this command's own `flags` on top (`__` stands for a dot)."""
        from lakehouse.config import load_settings

        given: dict[str, object] = {"home": self.home and Path.cwd() / self.home}
        given.update({name.replace("__", "."): value for name, value in flags.items()})
        return load_settings(config=self.config, flags=given)


class _ReaderLeftError(Exception):
    """Nobody reads standard output any more."""


class _Commands(click.Group):
    """The commands; click itself would end with 1 when the reader leaves."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as e:
            raise _ReaderLeftError from e


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: lakehouse build --source online-retail.csv.gz",
)
@click.option("--home", type=click.Path(path_type=Path), help="Where all state lives [.lake].")
@click.option("--config", type=click.Path(path_type=Path), help="The lakehouse.toml to read.")
@click.version_option(__version__, prog_name="lakehouse")
@click.pass_context
def lakehouse(context: click.Context, home: Path | None, config: Path | None) -> None:
    """Server logs to answers: landing, catalog, warehouse, SQL and dashboard on one machine."""
    context.obj = Invocation(home, config)


lakehouse.add_command(access)
lakehouse.add_command(alerts)
lakehouse.add_command(bookmarks)
lakehouse.add_command(build)
lakehouse.add_command(catalog)
lakehouse.add_command(crawl)
lakehouse.add_command(dashboard)
lakehouse.add_command(diff)
lakehouse.add_command(generate)
lakehouse.add_command(ingest)
lakehouse.add_command(queries)
lakehouse.add_command(reports)
lakehouse.add_command(scale_out)
lakehouse.add_command(sql)
lakehouse.add_command(ml)
lakehouse.add_command(tables)


def run() -> NoReturn:
    """Run the command line and leave with its documented exit code."""
    sys.exit(_exit_code(sys.argv[1:]))


def _exit_code(arguments: list[str]) -> int:
    try:
        lakehouse.main(arguments, prog_name="lakehouse", standalone_mode=False)
    except click.ClickException as e:
        e.show()
        return e.exit_code
    except (KeyboardInterrupt, click.Abort):
        console.note("lakehouse: interrupted")
        return 130
    except _ReaderLeftError:
        # The reader (`| head`) has what it wanted; Python would complain while flushing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as e:  # noqa: BLE001 - the one place where an error meets a person
        return _tell(e)
    return 0


def _tell(error: Exception) -> int:
    from lakehouse.config import debugging

    if debugging():
        raise error
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        message = f"{where}{error.strerror or error}"
        error = MachineError(message, hint="check free space and permissions")
    elif not isinstance(error, LakehouseError):
        hint = "this is a bug: run again with LAKEHOUSE_DEBUG=1 and report the traceback"
        error = LakehouseError(f"{type(error).__name__}: {error}", hint=hint)
    console.complain(error)
    return error.exit_code
