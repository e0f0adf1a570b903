"""Every case of the corpus, and that the page generated from it is up to date."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import duckdb
import pytest

from lakehouse.athena import AthenaError
from lakehouse.athena.types import engine_type
from tests.conformance import page
from tests.conformance.conftest import Answer
from tests.conformance.corpus import QUERIES, STATEMENTS, Case, corpus

_CORPUS = corpus(QUERIES)


@cache
def _described(engine_name: str) -> str:
    """A type as the engine's client describes it."""
    with duckdb.connect() as con:
        return str(con.execute(f"SELECT NULL::{engine_name}").description[0][1])


@pytest.mark.parametrize("case", _CORPUS, ids=[case.label for case in _CORPUS])
def test_case(case: Case, answer: Callable[[str], Answer]) -> None:
    """The answer, the columns' names, and that the engine returns the types it was promised to."""
    expected = case.error or case.refused
    if expected:
        with pytest.raises(AthenaError) as raised:
            answer(case.sql)
        assert raised.value.code == expected, str(raised.value)
        return
    translation, rows, given = answer(case.sql)
    assert rows == list(case.rows)
    assert given == [_described(engine_type(made)) for made in translation.types]
    if case.columns:
        assert translation.names == case.columns


def test_there_are_enough_cases_and_most_are_right() -> None:
    assert len(_CORPUS) >= 700
    answered = sum(1 for case in _CORPUS if not case.refused)
    assert answered / len(_CORPUS) >= 0.9


def test_the_page_is_up_to_date() -> None:
    written = Path(__file__).parents[2] / "docs" / "athena-conformance.md"
    assert written.read_text(encoding="utf-8") == page.render(_CORPUS, corpus(STATEMENTS)), (
        "run: python -m tests.conformance.page"
    )
