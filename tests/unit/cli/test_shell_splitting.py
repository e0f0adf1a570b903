"""Where statements end in the shell."""

import pytest

from lakehouse.cli.shell.splitting import is_complete, split


@pytest.mark.parametrize(
    ("text", "statements", "rest"),
    [
        ("select 1", [], "select 1"),
        ("select 1;", ["select 1"], ""),
        ("select 1; select 2;", ["select 1", "select 2"], ""),
        ("select ';'; x", ["select ';'"], "x"),
        ("select 'it''s;';", ["select 'it''s;'"], ""),
        ('select ";" from `a;b`;', ['select ";" from `a;b`'], ""),
        ("select 1 -- a; b\n;", ["select 1 -- a; b"], ""),
        ("select /* ; */ 1;", ["select /* ; */ 1"], ""),
        (" ;; ", [], ""),
    ],
)
def test_statements_end_at_semicolons_outside_texts(
    text: str, statements: list[str], rest: str
) -> None:
    assert split(text) == (statements, rest)


@pytest.mark.parametrize(
    ("text", "complete"),
    [
        ("", True),
        ("\\d t", True),
        ("select 1", False),
        ("select 1;", True),
        ("select 1; -- done", True),
        ("select 1; select", False),
        ("select ';", False),
        ("select 1; /* open", False),
    ],
)
def test_enter_runs_only_what_is_complete(text: str, complete: bool) -> None:
    assert is_complete(text) is complete
