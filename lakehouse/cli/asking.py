"""Asking before something is done that can't be undone."""

import sys

import click

from lakehouse.cli import console
from lakehouse.errors import ConfigError


def confirm(what: str, *, yes: bool) -> None:
    """Tell what will be done and wait for a yes, unless it was given with the command.

    Raises click.Abort for a no, ConfigError where nobody can be asked.
    """
    console.note(what)
    if yes:
        return
    if not sys.stdin.isatty():
        raise ConfigError("nobody is there to say yes", hint="add --yes, or --dry-run to look")
    click.confirm("Do it?", abort=True, err=True)
