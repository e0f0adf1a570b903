"""SQL is answered while the build writes."""

import subprocess
import sys

import pytest

from lakehouse.config import Settings
from lakehouse.errors import CatalogError, QueryError
from lakehouse.query import open_session

HINTS = ("make build", "lakehouse build", "tables:", "mean")
ASKED = "select count(*)::int as orders, sum(line_count)::int as lines from core.fct_orders"


def ask(settings: Settings) -> tuple[int, int] | str:
    """Orders and lines of the mart, or the hint where there is no lakehouse, or no mart."""
    try:
        with open_session(settings) as session:
            (page,) = session.run(ASKED).pages()
    except (CatalogError, QueryError) as e:
        return e.hint
    return page["orders"][0].as_py(), page["lines"][0].as_py()


@pytest.mark.soak
def test_every_question_gets_the_old_answer_or_the_new_one(settings: Settings) -> None:
    build = [
        sys.executable,
        "-m",
        "lakehouse",
        "--home",
        str(settings.home),
        "build",
        "--no-ml",
        "--days",
        "2",
    ]
    answers = []
    with subprocess.Popen(build, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            answers.append(ask(settings))
    assert process.returncode == 0
    final = ask(settings)
    assert isinstance(final, tuple)
    assert final[0] > 100
    assert final[1] > final[0]
    assert {answer for answer in answers if isinstance(answer, tuple)} <= {final}
    hints = [answer for answer in answers if isinstance(answer, str)]
    assert hints, "nothing was asked before the mart was there"
    assert all(any(said in hint for said in HINTS) for hint in hints)
