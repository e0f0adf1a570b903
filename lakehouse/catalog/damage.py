"""Files of a table that are missing, or hold something else than they did."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pyiceberg.exceptions import ResolveError, ValidationError

from lakehouse.errors import CatalogError

# What PyIceberg and Arrow raise on JSON, Avro and Parquet that was cut off or overwritten. Arrow's
# errors and those of texts and numbers are ValueErrors.
_DAMAGED: Final = (
    ValueError, ValidationError, ResolveError, EOFError, LookupError, OverflowError, SystemError,
    zlib.error,
)  # fmt: skip
HINT: Final = (
    "restore it, roll the table back to a snapshot that has all its files, or forget the table:"
    " `lakehouse catalog drop TABLE --keep-files`"
)


@contextmanager
def files_of(table: str) -> Iterator[None]:
    """Turns what reading the files of a table fails with into CatalogError."""
    try:
        yield
    except FileNotFoundError as e:
        raise CatalogError(f"a file of {table} is missing: {e}", hint=HINT) from e
    except OSError as e:
        if e.errno is not None:  # the machine's, not Arrow's
            raise
        raise _damaged(table, e) from e
    except _DAMAGED as e:
        raise _damaged(table, e) from e


def _damaged(table: str, error: Exception) -> CatalogError:
    lines = [line.strip() for line in str(error).splitlines()] or [type(error).__name__]
    # Pydantic counts its errors in the first line.
    reason = ", ".join(lines[:3])[:300]
    return CatalogError(f"a file of {table} is damaged: {reason}", hint=HINT)
