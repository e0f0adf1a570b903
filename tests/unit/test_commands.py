"""Every command can be found out about."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from lakehouse.cli.root import lakehouse

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in sorted(group.commands.items()):
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


COMMANDS = dict(commands(lakehouse, "lakehouse"))


@pytest.mark.parametrize("path", COMMANDS)
def test_a_command_has_help_with_an_example(path: str) -> None:
    command = COMMANDS[path]
    assert command.help
    assert path in (command.epilog or ""), f"the epilog of {path!r} shows no example of it"
    undocumented = [p.name for p in command.params if isinstance(p, click.Option) and not p.help]
    assert not undocumented


def named(path: str) -> bool:
    """Whether a line of the README says `lakehouse sql`, `make build`, or `lakehouse ml` `runs`."""
    group, _, name = path.rpartition(" ")
    return (
        path in README
        or path.replace("lakehouse", "make") in README
        or any(f"`{group}`" in line and f"`{name}`" in line for line in README.splitlines())
    )


def test_the_readme_names_every_command() -> None:
    # A group is named with its commands.
    missing = [p for p, c in COMMANDS.items() if not isinstance(c, click.Group) and not named(p)]
    assert not missing, f"the README does not name {', '.join(missing)}"
