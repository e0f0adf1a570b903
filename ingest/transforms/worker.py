"""The process that a Python transform runs in: payloads on its standard input, answers out.

Each is preceded by its length, four bytes. An answer begins with `=`, or with `!` and what went
wrong; an empty payload asks whether the function can be called. Nothing is imported here but the
standard library, so that it starts at once and the function finds its own modules first.
"""

import importlib
import inspect
import json
import os
import struct
import sys
from collections.abc import Callable
from typing import Any

Handler = Callable[[Any], object]


def main(name: str) -> None:
    """Answer until the standard input ends. See `ingest.transforms.guard` for when that is late."""
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # What the function prints, or reads, is not to be mixed up with this.
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115 - seen at once, line by line
    sys.path.insert(0, os.getcwd())  # noqa: PTH109 - sys.path holds texts
    handler: Handler | None = None
    while len(head := questions.read(4)) == 4:
        payload = questions.read(*struct.unpack("!I", head))
        try:
            handler = handler or load(name)
            answer = b"=" + (json.dumps(handler(json.loads(payload))).encode() if payload else b"")
        except Exception as e:  # noqa: BLE001 - whatever the function raises is its answer
            answer = f"!{type(e).__name__}: {e}".encode("utf-8", "replace")
        answers.write(struct.pack("!I", len(answer)) + answer)
        answers.flush()


def load(name: str) -> Handler:
    """The function, to be called with an event.

    A function of two arguments gets None for Lambda's context. Raises what its import raises,
    and TypeError when it is no function.
    """
    module, _, function = name.partition(":")
    found: object = importlib.import_module(module)
    for part in function.split("."):
        found = getattr(found, part)
    if not callable(found):
        raise TypeError(f"{name} is not callable")
    handler: Callable[..., object] = found
    if _takes_context(handler):
        return lambda event: handler(event, None)
    return handler


def _takes_context(handler: Callable[..., object]) -> bool:
    try:
        inspect.signature(handler).bind(None, None)
    except (TypeError, ValueError):
        return False
    return True


if __name__ == "__main__":
    main(sys.argv[1])
