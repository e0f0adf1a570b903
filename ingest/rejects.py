"""Lines that can't become a record, and why: a closed list of reasons."""

from dataclasses import dataclass
from enum import StrEnum

from ingest.error_records import Failure


class Reason(StrEnum):
    """What is wrong with a line. The first that holds, in this order, names it."""

    BLANK_LINE = "blank_line"
    LINE_TOO_LONG = "line_too_long"
    NUL_BYTE = "nul_byte"
    CARRIAGE_RETURN = "carriage_return"
    INVALID_UTF8 = "invalid_utf8"
    UNBALANCED_QUOTES = "unbalanced_quotes"
    MISPLACED_QUOTE = "misplaced_quote"
    WRONG_COLUMN_COUNT = "wrong_column_count"
    CONTINUED_LINE = "continued_line"
    MISSING_INVOICE = "missing_invoice"
    MISSING_STOCK_CODE = "missing_stock_code"
    BAD_QUANTITY = "bad_quantity"
    BAD_DATE = "bad_date"
    BAD_PRICE = "bad_price"
    BAD_CUSTOMER = "bad_customer"
    BAD_ADDRESS = "bad_address"
    BAD_REQUEST = "bad_request"
    BAD_STATUS = "bad_status"
    BAD_SIZE = "bad_size"
    BAD_JSON = "bad_json"
    NOT_AN_OBJECT = "not_an_object"
    DUPLICATE_KEY = "duplicate_key"
    UNKNOWN_COLUMN = "unknown_column"
    MISSING_VALUE = "missing_value"
    WRONG_TYPE = "wrong_type"
    OUT_OF_RANGE = "out_of_range"
    SEVERAL_LINES = "several_lines"  # what a transform made of it
    PROCESSING_FAILED = "processing_failed"  # by the transform
    NO_ROUTE = "no_route"
    NO_SUCH_TABLE = "no_such_table"
    BAD_OPERATION = "bad_operation"
    NO_UNIQUE_KEY = "no_unique_key"
    NO_PARTITION_KEY = "no_partition_key"
    TOO_MANY_PARTITIONS = "too_many_partitions"


class UnfitError(ValueError):
    """A record can't be held: for which reason, and what it is about."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Reject:
    """A refused line: its index among the lines it was read with, from 0, and the line itself.

    `failure` is what its error record says; None: the reason and the detail.
    """

    line: int
    reason: Reason
    detail: str
    raw: str
    failure: Failure | None = None


def readable(raw: bytes) -> str:
    r"""The line as text; bytes that are no UTF-8 as `\xNN`, so that nothing of it is lost."""
    return raw.decode("utf-8", "backslashreplace")
