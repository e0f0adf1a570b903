"""Every case of the corpus of statements, on one real catalog."""

from collections.abc import Callable, Iterator

import pytest

from lakehouse.athena import AthenaError
from lakehouse.athena.results import printed
from lakehouse.athena.session import AthenaSession, open_athena
from lakehouse.config import load_settings
from tests.conformance.corpus import STATEMENTS, Case, corpus

_CORPUS = corpus(STATEMENTS)
Said = tuple[list[str], list[tuple[str | None, ...]]]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AthenaSession]:
    settings = load_settings(folder=tmp_path_factory.mktemp("statements"), environment={})
    with open_athena(settings, write=True) as session:
        session.run("create database shop")
        yield session


@pytest.fixture
def answer(session: AthenaSession) -> Callable[[str], Said]:
    """Runs a statement; its columns' names and its rows in Athena's text."""

    def run(sql: str) -> Said:
        result = printed(*session.run(sql))
        rows = [
            row for page in result.pages() for row in zip(*page.to_pydict().values(), strict=True)
        ]
        return [column.name for column in result.columns], rows

    return run


@pytest.mark.parametrize("case", _CORPUS, ids=[case.label for case in _CORPUS])
def test_case(case: Case, answer: Callable[[str], Said]) -> None:
    for statement in case.before:
        answer(statement)
    expected = case.error or case.refused
    if expected:
        with pytest.raises(AthenaError) as raised:
            answer(case.last)
        assert raised.value.code == expected, str(raised.value)
        return
    names, rows = answer(case.last)
    assert rows == list(case.rows)
    if case.columns:
        assert tuple(names) == case.columns
