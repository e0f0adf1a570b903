"""What `lakehouse build` says to type next."""

import pytest

from lakehouse.cli.build import program


@pytest.mark.parametrize(
    ("typed", "next_time"),
    [
        (".venv/bin/lakehouse", ".venv/bin/lakehouse"),  # by `make build`
        ("/somewhere/.venv/bin/lakehouse", "lakehouse"),  # found on the path
        ("/somewhere/lakehouse/__main__.py", "lakehouse"),  # python -m lakehouse
    ],
)
def test_the_next_command_can_be_typed_where_this_one_was(typed: str, next_time: str) -> None:
    assert program(typed) == next_time
