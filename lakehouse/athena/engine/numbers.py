"""Numbers as Java writes and reads them."""

import math
import struct
from decimal import ROUND_HALF_UP, Decimal, localcontext

from lakehouse.athena.engine.function_error import FunctionError

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def _shortest(value: float, single: bool) -> tuple[str, str, int]:
    """Sign, digits without trailing zeros, and the place of the point before the first digit."""
    shown = _shortest_single(value) if single else repr(value)
    if len(shown.lower().partition("e")[0].strip("-0.")) == 1:
        # Of the numbers with two digits Java takes the nearest, as in 4.9E-324.
        nearest = f"{value:.1e}"
        shown = (
            nearest if (_single(float(nearest)) if single else float(nearest)) == value else shown
        )
    mantissa, _, exponent = shown.lower().partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole + fraction) - len(digits)
    point = len(whole) - leading + int(exponent or 0)
    return sign, digits.rstrip("0") or "0", point


def _shortest_single(value: float) -> str:
    """The shortest decimal that reads back as the same 32-bit number."""
    for precision in range(1, 10):
        shown = f"{value:.{precision}g}"
        if _single(float(shown)) == value:
            return shown
    return repr(value)


def _single(value: float) -> float:
    """The 32-bit number next to a number; infinite past the greatest."""
    try:
        packed = struct.pack("f", value)
    except OverflowError:
        return math.copysign(math.inf, value)
    return float(struct.unpack("f", packed)[0])


def _special(value: float) -> str | None:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return None


def java_double(value: float, *, single: bool = False) -> str:
    """Double.toString: plain from 0.001 up to 10 million, else like 1.0E10."""
    special = _special(value)
    if special is not None:
        return special
    if value == 0:
        return "-0.0" if math.copysign(1, value) < 0 else "0.0"
    sign, digits, point = _shortest(value, single)
    if -2 <= point <= 7:
        if point <= 0:
            return f"{sign}0.{'0' * -point}{digits}"
        whole, fraction = digits[:point].ljust(point, "0"), digits[point:]
        return f"{sign}{whole}.{fraction or '0'}"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{point - 1}"


def scientific(value: float, *, single: bool = False) -> str:
    """CAST(double AS VARCHAR) of Trino: always like 3.77E1, but zero is 0E0."""
    special = _special(value)
    if special is not None:
        return special
    if value == 0:
        return "-0E0" if math.copysign(1, value) < 0 else "0E0"
    sign, digits, point = _shortest(value, single)
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{point - 1}"


def double_text(value: float) -> str:
    """A double as VARCHAR."""
    return scientific(value)


def real_text(value: float) -> str:
    """A real as VARCHAR."""
    return scientific(value, single=True)


def double_json(value: float) -> str:
    """A double as JSON text; what JSON has no number for is a string."""
    return java_double(value) if math.isfinite(value) else f'"{java_double(value)}"'


def real_json(value: float) -> str:
    """A real as JSON text; what JSON has no number for is a string."""
    shown = java_double(value, single=True)
    return shown if math.isfinite(value) else f'"{shown}"'


def _radix(radix: int) -> int:
    if not 2 <= radix <= 36:
        raise FunctionError("Radix must be between 2 and 36")
    return radix


def from_base(text: str, radix: int) -> int:
    """Long.parseLong(text, radix)."""
    _radix(radix)
    body = text[1:] if text[:1] in ("+", "-") else text
    valid = _DIGITS[:radix]
    if not body or any(character.lower() not in valid for character in body):
        raise FunctionError(f"Not a valid base-{radix} number: {text}")
    value = int(text, radix)
    if not -(2**63) <= value < 2**63:
        raise FunctionError(f"Not a valid base-{radix} number: {text}")
    return value


def to_base(value: int, radix: int) -> str:
    """Long.toString(value, radix)."""
    _radix(radix)
    digits = ""
    rest = abs(value)
    while rest:
        rest, digit = divmod(rest, radix)
        digits = _DIGITS[digit] + digits
    return ("-" if value < 0 else "") + (digits or "0")


def _signed(value: int, bits: int) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def left_shift(value: int, shift: int, bits: int) -> int:
    """Bits moved left, those past the width dropped."""
    return _signed(value << shift, bits) if 0 <= shift < bits else 0


def right_shift(value: int, shift: int, bits: int) -> int:
    """Bits moved right, zeros moved in."""
    if not 0 <= shift < bits:
        return 0
    return _signed((value & ((1 << bits) - 1)) >> shift, bits)


def right_shift_arithmetic(value: int, shift: int, bits: int) -> int:
    """Bits moved right, the sign moved in."""
    if not 0 <= shift < bits:
        return -1 if value < 0 else 0
    return value >> shift


def bit_count(value: int, bits: int) -> int:
    """Bits set in a two's complement number of `bits` bits."""
    if not 2 <= bits <= 64:
        raise FunctionError(f"Bits specified in bit_count must be between 2 and 64, got {bits}")
    if not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
        message = "Number must be representable with the bits specified."
        raise FunctionError(f"{message} {value} cannot be represented with {bits} bits")
    return (value & ((1 << bits) - 1)).bit_count()


def _sized(data: bytes, bits: int) -> bytes:
    if len(data) != bits // 8:
        raise FunctionError(f"expected {bits // 8}-byte input, but got instead {len(data)}")
    return data


def to_big_endian(value: int, bits: int) -> bytes:
    """Two's complement, most significant byte first."""
    return value.to_bytes(bits // 8, "big", signed=True)


def from_big_endian(data: bytes, bits: int) -> int:
    """The inverse of to_big_endian."""
    return int.from_bytes(_sized(data, bits), "big", signed=True)


def to_ieee754(value: float, bits: int) -> bytes:
    """IEEE 754, most significant byte first."""
    return struct.pack(">f" if bits == 32 else ">d", value)


def from_ieee754(data: bytes, bits: int) -> str:
    """The inverse of to_ieee754, as text: the client would take NaN for NULL."""
    return repr(float(struct.unpack(">f" if bits == 32 else ">d", _sized(data, bits))[0]))


def normal_cdf(mean: float, deviation: float, value: float) -> str:
    """P(N < value) for a normal distribution, as text: the client would take NaN for NULL."""
    if not deviation > 0:
        raise FunctionError("standardDeviation must be > 0")
    return repr(0.5 * math.erfc((mean - value) / (deviation * math.sqrt(2))))


def plain_decimal(text: str, scale: int) -> str:
    """A decimal number, perhaps with an exponent, as digits, rounded half up at `scale`.

    NaN and the infinities stay as they are.
    """
    with localcontext(prec=400):
        unit = Decimal(1).scaleb(-scale)
        number = Decimal(text)
        if not number.is_finite():
            return text
        return format(number.quantize(unit, rounding=ROUND_HALF_UP), "f")


_UNITS = ("", "K", "M", "B", "T", "Q")


def format_number(value: float) -> str:
    """A number with a unit symbol, three significant digits: 123K, 1M, 1.23B."""
    sign = "-" if value < 0 else ""
    amount, unit = abs(value), 0
    while amount >= 1000 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    digits = 2 if amount < 10 else 1 if amount < 100 else 0
    shown = f"{amount:.{digits}f}"
    if "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    return f"{sign}{shown}{_UNITS[unit]}"
