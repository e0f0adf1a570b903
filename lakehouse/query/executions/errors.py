"""Errors of executions, with Athena's code."""

from lakehouse.errors import QueryError


class ExecutionError(QueryError):
    """An execution was ended, by whoever asked for that or by its workgroup."""

    def __init__(self, code: str, message: str, *, hint: str = "") -> None:
        super().__init__(f"{code}: {message}", hint=hint)
        self.code = code


class CancelledError(ExecutionError):
    """Somebody asked to stop it."""

    def __init__(self) -> None:
        super().__init__("USER_CANCELED", "Query was cancelled")


class ScanCutoffError(ExecutionError):
    """It would scan more than its workgroup allows."""

    def __init__(self, planned: int | None, cutoff: int, workgroup: str) -> None:
        what = "what it would scan is not known" if planned is None else f"it is {planned:,} bytes"
        hint = (
            f"{what}, and scan_cutoff of workgroup {workgroup!r} is {cutoff:,}: ask for fewer "
            "columns or partitions, or choose another workgroup"
        )
        message = "Query cancelled! : Bytes scanned limit was exceeded"
        super().__init__("EXCEEDED_SCAN_LIMIT", message, hint=hint)


def code_of(error: BaseException) -> str:
    """Athena's code for an error."""
    code = getattr(error, "code", None)
    if isinstance(code, str):
        return code
    return "GENERIC_USER_ERROR" if isinstance(error, QueryError) else "GENERIC_INTERNAL_ERROR"
