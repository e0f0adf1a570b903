"""Text and bytes, where the engine has no function of the same meaning."""

import base64
import binascii
import hashlib
import hmac
import unicodedata
import zlib
from urllib.parse import quote_plus, unquote_plus

from lakehouse.athena.engine.function_error import FunctionError


def reverse(text: str) -> str:
    """Code points in reverse; the engine's own works on grapheme clusters."""
    return text[::-1]


def normalize(text: str, form: str) -> str:
    """NFC, NFD, NFKC or NFKD."""
    return unicodedata.normalize(form, text)  # type: ignore[arg-type]


def lower(text: str) -> str:
    """Each code point's simple lower-case mapping, one for one: İ becomes i."""
    return "".join(c.lower()[0] if len(c.lower()) == 1 or c == "İ" else c for c in text)


def upper(text: str) -> str:
    """Each code point's simple upper-case mapping, one for one: ß stays."""
    return "".join(c if len(c.upper()) != 1 else c.upper() for c in text)


def levenshtein(left: str, right: str) -> int:
    """Edit distance in code points."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(right, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]


def luhn_check(text: str) -> bool:
    """Whether the digits end in their Luhn check digit; no digits do not."""
    if not text:
        return False
    if not text.isascii() or not text.isdigit():
        raise FunctionError("Input must contain only digits")
    total = 0
    for i, digit in enumerate(reversed(text)):
        value = int(digit) * (2 if i % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


_SOUNDEX = {
    **dict.fromkeys("BFPV", "1"), **dict.fromkeys("CGJKQSXZ", "2"), **dict.fromkeys("DT", "3"),
    "L": "4", **dict.fromkeys("MN", "5"), "R": "6",
}  # fmt: skip


def soundex(text: str) -> str:
    """American Soundex; H and W do not separate equal codes."""
    letters = [c for c in text.upper() if c.isalpha()]
    if not letters:
        return ""
    if any(not "A" <= c <= "Z" for c in letters):
        raise FunctionError(f"The character is not mapped: {text}")
    code, last = letters[0], _SOUNDEX.get(letters[0], "")
    for letter in letters[1:]:
        digit = _SOUNDEX.get(letter, "")
        if digit and digit != last:
            code += digit
        if letter not in "HW":
            last = digit
    return code[:4].ljust(4, "0")


def translate(text: str, source: str, target: str) -> str:
    """Characters of `source` become those of `target` at the same place, or nothing."""
    table: dict[int, str | None] = {}
    for i, character in enumerate(source):
        table.setdefault(ord(character), target[i] if i < len(target) else None)
    return text.translate(table)


def strpos(text: str, sought: str, instance: int) -> int:
    """Place of the n-th occurrence from the start, or from the end for a negative n; 0 if none."""
    if instance == 0:
        raise FunctionError("'instance' must not be equal to zero.")
    if not sought:
        return 1
    place = -1 if instance > 0 else len(text) + len(sought)
    for _ in range(abs(instance)):
        if instance > 0:
            place = text.find(sought, place + 1)
        else:
            place = text.rfind(sought, 0, place + len(sought) - 1)
        if place < 0:
            return 0
    return place + 1


def split_to_map(text: str, entries: str, pairs: str) -> dict[str, str]:
    """'a=1,b=2' as a map; a key twice or a part without a separator fails."""
    made: dict[str, str] = {}
    for part in _entries(text, entries, pairs):
        key, separator, value = part.partition(pairs)
        if not separator or pairs in value:
            raise FunctionError(
                f"Key-value delimiter must appear exactly once in each entry. Bad input: '{part}'"
            )
        if key in made:
            raise FunctionError(f"Duplicate keys ({key}) are not allowed")
        made[key] = value
    return made


def split_to_multimap(text: str, entries: str, pairs: str) -> dict[str, list[str]]:
    """'a=1,a=2' as a map of arrays."""
    made: dict[str, list[str]] = {}
    for part in _entries(text, entries, pairs):
        key, separator, value = part.partition(pairs)
        if not separator or pairs in value:
            raise FunctionError(
                f"Key-value delimiter must appear exactly once in each entry. Bad input: '{part}'"
            )
        made.setdefault(key, []).append(value)
    return made


def _entries(text: str, entries: str, pairs: str) -> list[str]:
    if not entries or not pairs:
        raise FunctionError(
            "entryDelimiter is empty" if not entries else "keyValueDelimiter is empty"
        )
    if entries == pairs:
        raise FunctionError("entryDelimiter and keyValueDelimiter must not be the same")
    parts = text.split(entries)
    # A delimiter at the end closes the last entry; it does not open an empty one.
    return parts[:-1] if not parts[-1] else parts


# --- bytes ---


def from_utf8(data: bytes, replacement: str) -> str:
    """Text of UTF-8 bytes, each invalid sequence replaced."""
    if len(replacement) > 1:
        raise FunctionError("Replacement character string must empty or a single character")
    parts: list[str] = []
    while data:
        try:
            parts.append(data.decode())
            break
        except UnicodeDecodeError as error:
            parts.append(data[: error.start].decode())
            parts.append(replacement)
            data = data[error.end :]
    return "".join(parts)


def from_base64(text: str) -> bytes:
    """Base64, with its padding or without."""
    return _decoded(base64.b64decode, text, b"+/")


def from_base64url(text: str) -> bytes:
    """Base64 in the alphabet that is safe in URLs."""
    return _decoded(base64.b64decode, text, b"-_")


def _decoded(decode: object, text: str, alphabet: bytes) -> bytes:
    try:
        padded = text + "=" * (-len(text) % 4)
        return base64.b64decode(padded.encode(), altchars=alphabet, validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise FunctionError(f"Invalid base64 input: {error}") from None


def to_base64url(data: bytes) -> str:
    """Base64 in the alphabet that is safe in URLs."""
    return base64.urlsafe_b64encode(data).decode()


def from_base32(text: str) -> bytes:
    """Base32, with its padding or without."""
    try:
        return base64.b32decode(text + "=" * (-len(text) % 8))
    except (binascii.Error, ValueError) as error:
        raise FunctionError(f"Invalid base32 input: {error}") from None


def to_base32(data: bytes) -> str:
    """Base32."""
    return base64.b32encode(data).decode()


def from_hex(text: str) -> bytes:
    """Hexadecimal digits of either case."""
    try:
        return binascii.unhexlify(text)
    except (binascii.Error, ValueError):
        raise FunctionError(f"Invalid hex string: {text}") from None


def crc32(data: bytes) -> int:
    """CRC-32."""
    return zlib.crc32(data)


def digest(data: bytes, algorithm: str) -> bytes:
    """md5, sha1, sha256 or sha512."""
    return hashlib.new(algorithm, data, usedforsecurity=False).digest()


def keyed_digest(data: bytes, key: bytes, algorithm: str) -> bytes:
    """HMAC with md5, sha1, sha256 or sha512."""
    return hmac.new(key, data, algorithm).digest()


# --- URLs ---


def url_encode(text: str) -> str:
    """Form encoding: letters, digits and .-*_ as they are, a space as +."""
    return quote_plus(text, safe="*").replace("~", "%7E")


def url_decode(text: str) -> str:
    """The inverse of url_encode."""
    if "%" in text:
        for part in text.split("%")[1:]:
            if len(part) < 2 or any(c not in "0123456789abcdefABCDEF" for c in part[:2]):
                raise FunctionError("URLDecoder: Illegal hex characters in escape (%) pattern")
    return unquote_plus(text)
