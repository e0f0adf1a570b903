"""Small answers of one state, kept for whoever asks the same again."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, TypeAlias

import pyarrow as pa

ANSWERS = 200
# What is larger would take more memory than asking again takes time.
LARGEST = 64 * 1024
Question: TypeAlias = tuple[str, tuple[tuple[str, Any], ...]]


class AnswersKept:
    """The answers that were asked for last. Many threads may use it at once.

    A question is the statement that is executed with the values of all its parameters: whoever
    may see less asks another one.
    """

    def __init__(self) -> None:
        self._answers: OrderedDict[Question, pa.Table] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, sql: str, parameters: Mapping[str, Any]) -> pa.Table | None:
        """The answer, if it is kept."""
        question = _question(sql, parameters)
        with self._lock:
            if question in self._answers:
                self._answers.move_to_end(question)
            return self._answers.get(question)

    def keep(self, sql: str, parameters: Mapping[str, Any], answer: pa.Table) -> None:
        """Keep an answer that is small, and let go of the one not asked for the longest time."""
        if answer.nbytes > LARGEST:
            return
        with self._lock:
            self._answers[_question(sql, parameters)] = answer
            while len(self._answers) > ANSWERS:
                self._answers.popitem(last=False)


def _question(sql: str, parameters: Mapping[str, Any]) -> Question:
    return sql, tuple(sorted(parameters.items()))
