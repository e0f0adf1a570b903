"""Amounts as people read them."""

_UNITS = ("B", "KB", "MB", "GB", "TB")


def in_units(size: int) -> str:
    """Bytes in the largest unit that leaves at least one; units are powers of 1024."""
    amount, unit = float(size), 0
    while amount >= 1024 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{size} B" if unit == 0 else f"{amount:.2f} {_UNITS[unit]}"
