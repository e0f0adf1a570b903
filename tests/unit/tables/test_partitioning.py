"""Partition terms as people write them."""

import pytest

from lakehouse.errors import QueryError
from lakehouse.tables.partitioning import parse_terms


@pytest.mark.parametrize(
    ("text", "name", "transform"),
    [
        ("country", "country", "identity"),
        ("month(sold)", "sold_month", "month"),
        (" DAY( sold ) ", "sold_day", "day"),
        ("year(sold)", "sold_year", "year"),
        ("hour(at)", "at_hour", "hour"),
    ],
)
def test_terms(text: str, name: str, transform: str) -> None:
    [term] = parse_terms([text])
    assert (term.name, str(term.transform)) == (name, transform)


@pytest.mark.parametrize(
    "text",
    ["", "month()", "week(sold)", "bucket(4, id)", "month(sold, 2)", "a; drop table t", "a.b"],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match="no partition term") as caught:
        parse_terms([text])
    assert "month" in caught.value.hint
