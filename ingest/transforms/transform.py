"""A stream's transform: batches, attempts, and what became of each record."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import TypeAlias

from ingest.clocks import utc_now
from ingest.transforms.contract import (
    Dropped,
    Failed,
    Invocation,
    InvocationError,
    Problem,
    Record,
    Transformed,
    invocations,
    read_answer,
)
from ingest.transforms.functions import Function

Outcome: TypeAlias = Transformed | Dropped | Failed

_FIRST_WAIT_SECONDS = 0.1


@dataclass(frozen=True)
class Patience:
    """A batch of about `hint` bytes is asked again `retries` times before its records fail."""

    retries: int = 3
    hint: int = 1 << 20


class Transform:
    """What `function` makes of the records of `stream`; to be closed, as a context, in the end.

    May be used by several threads at once. `now` tells the time, `wait` waits for seconds.
    """

    def __init__(
        self,
        stream: str,
        function: Function,
        patience: Patience = Patience(),
        now: Callable[[], datetime] = utc_now,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._stream = stream
        self._function = function
        self._patience = patience
        self._now = now
        self._wait = wait

    def apply(self, records: Sequence[Record]) -> list[Outcome]:
        """What became of each record, in their order.

        Raises StoppedError when the function is to stop.
        """
        batches = invocations(self._stream, records, self._patience.hint)
        return [outcome for batch in batches for outcome in self._outcomes(batch)]

    def __enter__(self) -> "Transform":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._function.close()

    def _outcomes(self, batch: Invocation) -> list[Outcome]:
        attempts = self._patience.retries + 1
        for attempt in range(1, attempts + 1):
            try:
                found = read_answer(batch, self._function.invoke(batch.payload()))
            except InvocationError as e:
                error = e
            else:
                return [
                    self._failed(each, attempt) if isinstance(each, Problem) else each
                    for each in found
                ]
            if attempt < attempts:
                self._wait(_FIRST_WAIT_SECONDS * 2 ** min(attempt - 1, 6))
        problem = Problem(error.code, str(error))
        return [self._failed(problem, attempts)] * len(batch.records)

    def _failed(self, problem: Problem, attempts: int) -> Failed:
        return Failed(problem.code, problem.message, attempts, self._now())
