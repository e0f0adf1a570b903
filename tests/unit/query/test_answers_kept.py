from datetime import date

import pyarrow as pa

from lakehouse.query.answers_kept import ANSWERS, LARGEST, AnswersKept

ONE = pa.table({"n": [1]})


def test_the_same_question_of_the_same_values_is_answered_again() -> None:
    kept = AnswersKept()
    kept.keep("select $a, $b", {"a": date(2011, 12, 9), "b": None}, ONE)
    assert kept.find("select $a, $b", {"b": None, "a": date(2011, 12, 9)}) is ONE
    assert kept.find("select $a, $b", {"a": date(2011, 12, 8), "b": None}) is None
    assert kept.find("select $a", {"a": date(2011, 12, 9), "b": None}) is None


def test_neither_many_answers_nor_a_large_one_are_kept() -> None:
    kept = AnswersKept()
    kept.keep("large", {}, _large())
    assert kept.find("large", {}) is None
    for number in range(ANSWERS):
        kept.keep("select $n", {"n": number}, ONE)
    assert kept.find("select $n", {"n": 0}) is ONE  # and so the newest again
    kept.keep("select $n", {"n": ANSWERS}, ONE)
    assert kept.find("select $n", {"n": 1}) is None
    assert kept.find("select $n", {"n": 0}) is ONE


def _large() -> pa.Table:
    return pa.table({"n": pa.array(range(LARGEST // 8 + 1), pa.int64())})
