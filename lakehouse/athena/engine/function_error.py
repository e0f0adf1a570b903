"""How a function of ours fails inside the engine: see `lakehouse.athena.errors`."""

from lakehouse.athena.errors import MARKER


class FunctionError(Exception):
    """An error of Athena's, raised while a statement runs."""

    def __init__(self, message: str, code: str = "INVALID_FUNCTION_ARGUMENT") -> None:
        super().__init__(f"{MARKER}{code}:{message}\x1f")
