"""java.util.Formatter, for format(): every conversion that is exact here, no other."""

import re
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from lakehouse.athena.engine.datetime_patterns import DAYS, MONTHS
from lakehouse.athena.engine.function_error import FunctionError

_SPEC = re.compile(
    r"%(?:(?P<index>\d+)\$|(?P<same><))?(?P<flags>[-#+ 0,(]*)(?P<width>\d+)?"
    r"(?:\.(?P<precision>\d+))?(?P<date>[tT])?(?P<conversion>[a-zA-Z%])"
)


def java_format(pattern: str, arguments: list[str | None]) -> str:
    """The formatted text. Each argument is a letter for its kind, a colon and its text."""
    made: list[str] = []
    offset = following = last = 0
    while offset < len(pattern):
        if pattern[offset] != "%":
            end = pattern.find("%", offset)
            end = len(pattern) if end < 0 else end
            made.append(pattern[offset:end])
            offset = end
            continue
        spec = _SPEC.match(pattern, offset)
        if spec is None:
            raise FunctionError(f"Invalid format string: {pattern}")
        offset = spec.end()
        _check(spec)
        if spec["conversion"] in "n%" and not spec["date"]:
            made.append(_padded("\n" if spec["conversion"] == "n" else "%", spec))
            continue
        if spec["index"]:
            last = int(spec["index"]) - 1
        elif not spec["same"]:
            last, following = following, following + 1
        if not 0 <= last < len(arguments):
            raise FunctionError(f"Format specifier '{spec[0]}'")
        made.append(_formatted(spec, arguments[last]))
    return "".join(made)


def _check(spec: re.Match[str]) -> None:
    """Java refuses flags that contradict or repeat each other, and those a conversion lacks."""
    flags, conversion = spec["flags"], spec["conversion"]
    wrong = (
        len(set(flags)) < len(flags)
        or ("-" in flags and "0" in flags)
        or (set(flags) & {"-", "0"} and spec["width"] is None)
        or (conversion.lower() in "sb" and set(flags) & set("+ 0,("))
        or (conversion in "dxXo" and spec["precision"] is not None)
        or (conversion == "n" and (flags or spec["width"]))
    )
    if wrong and not spec["date"]:
        raise FunctionError(f"Invalid format string: {spec[0]}")


def _padded(text: str, spec: re.Match[str]) -> str:
    width = int(spec["width"] or 0)
    return text.ljust(width) if "-" in spec["flags"] else text.rjust(width)


def _formatted(spec: re.Match[str], argument: str | None) -> str:
    conversion = spec["conversion"]
    kind, value = ("n", "null") if argument is None else (argument[0], argument[2:])
    if spec["date"]:
        return _padded(value if kind == "n" else _moment(spec, kind, value), spec)
    lowered = conversion.lower()
    if lowered == "s":
        value = _local_text(value) if kind == "t" else value
        shown = value if spec["precision"] is None else value[: int(spec["precision"])]
    elif lowered == "b":
        shown = value if kind == "b" else "false" if kind == "n" else "true"
    elif kind == "n":
        shown = "null"
    elif conversion == "d" and kind == "i":
        return _signed(spec, str(abs(int(value))), int(value) < 0)
    elif lowered in "xo" and kind == "i":
        bits = int(value) & (2**64 - 1) if int(value) < 0 else int(value)
        shown = _padded_zero(spec, format(bits, lowered))
    elif conversion == "f" and kind in "fd":
        return _fixed(spec, value)
    elif lowered == "e" and kind == "f":
        return _exponent(spec, value)
    else:
        raise FunctionError(f"Invalid format string: {spec[0]}")
    return _padded(shown.upper() if conversion.isupper() else shown, spec)


def _fixed(spec: re.Match[str], value: str) -> str:
    if value in ("NaN", "Infinity", "-Infinity"):
        return _padded(value, spec)
    digits = int(spec["precision"] or 6)
    number = Decimal(value).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return _signed(spec, f"{abs(number):f}", number.is_signed())


def _exponent(spec: re.Match[str], value: str) -> str:
    if value in ("NaN", "Infinity", "-Infinity"):
        return _padded(value, spec)
    number = Decimal(value)
    last = number.adjusted() - int(spec["precision"] or 6)
    number = number.quantize(Decimal(1).scaleb(last), rounding=ROUND_HALF_UP)
    shown = f"{float(number):.{int(spec['precision'] or 6)}e}"
    shown = shown.upper() if spec["conversion"] == "E" else shown
    return _signed(spec, shown.lstrip("-"), shown.startswith("-"))


def _signed(spec: re.Match[str], digits: str, negative: bool) -> str:
    flags = spec["flags"]
    if "," in flags:
        whole, point, fraction = digits.partition(".")
        digits = f"{int(whole):,}{point}{fraction}"
    sign = "-" if negative else "+" if "+" in flags else " " if " " in flags else ""
    if negative and "(" in flags:
        return _padded(f"({digits})", spec)
    if "0" in flags and spec["width"]:
        digits = digits.rjust(int(spec["width"]) - len(sign), "0")
    return _padded(sign + digits, spec)


def _padded_zero(spec: re.Match[str], digits: str) -> str:
    if "#" in spec["flags"]:
        digits = ("0x" if spec["conversion"].lower() == "x" else "0") + digits
    return (
        digits.rjust(int(spec["width"]), "0") if "0" in spec["flags"] and spec["width"] else digits
    )


def _local_text(value: str) -> str:
    """java.time's text of a date or a timestamp: seconds only where there are any."""
    if " " not in value:
        return value
    day, clock = value.split(" ")
    clock, _, fraction = clock.partition(".")
    digits = fraction.rstrip("0")
    if not digits:
        return f"{day}T{clock.removesuffix(':00') if len(clock) == 8 else clock}"
    return f"{day}T{clock}.{digits.ljust(3 if len(digits) <= 3 else 6, '0')}"


def _moment(spec: re.Match[str], kind: str, value: str) -> str:
    if kind != "t":
        raise FunctionError(f"Invalid format string: {spec[0]}")
    moment = datetime.fromisoformat(value)
    letter = spec["conversion"]
    names = {
        "A": DAYS[moment.weekday()], "a": DAYS[moment.weekday()][:3],
        "B": MONTHS[moment.month - 1], "b": MONTHS[moment.month - 1][:3],
        "h": MONTHS[moment.month - 1][:3], "Y": f"{moment.year:04}", "y": f"{moment.year % 100:02}",
        "m": f"{moment.month:02}", "d": f"{moment.day:02}", "e": str(moment.day),
        "H": f"{moment.hour:02}", "k": str(moment.hour), "I": f"{moment.hour % 12 or 12:02}",
        "l": str(moment.hour % 12 or 12), "M": f"{moment.minute:02}", "S": f"{moment.second:02}",
        "L": f"{moment.microsecond // 1000:03}", "p": "am" if moment.hour < 12 else "pm",
        "j": f"{moment.timetuple().tm_yday:03}", "F": f"{moment:%Y-%m-%d}",
        "T": f"{moment:%H:%M:%S}", "R": f"{moment:%H:%M}", "D": f"{moment:%m/%d/%y}",
    }  # fmt: skip
    if letter not in names:
        raise FunctionError(f"Invalid format string: {spec[0]}")
    return names[letter].upper() if spec["date"] == "T" else names[letter]
