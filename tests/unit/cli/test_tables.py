"""Rows that are printed as a table."""

from datetime import UTC, datetime

import pytest

from lakehouse.cli.tables import print_rows


def test_no_line_is_folded_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    path = "a/" * 100
    written = datetime(2026, 3, 1, 6, 0, 0, 408177, tzinfo=UTC)
    print_rows([{"log": path, "written": written, "offset": 1234567}], as_json=False)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [path, "2026-03-01", "06:00:00", "1,234,567"] in lines
