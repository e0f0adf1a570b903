"""UTF-8 or Latin-1: what a log that says nothing about it is written in."""

from collections.abc import Callable, Iterable

from ingest.screening import LONGEST_LINE, Block, Text, lines_beyond_ascii

UTF_8, LATIN_1 = "utf-8", "latin-1"
# In Latin-1, 80-9F are control codes, and FE and FF stand for letters that hardly any log has.
_LATIN_1_LETTERS = frozenset(range(0xA0, 0xFE))


def settle(text: Text, rest: Callable[[], Iterable[Text]]) -> str:
    """The encoding of a log whose first lines beyond ASCII are in `text`.

    A log is Latin-1 when none of its lines beyond ASCII is valid UTF-8 and all their high bytes
    are letters of Latin-1; otherwise it is UTF-8, and a line that is not valid is refused alone.
    `rest` is read only as long as nothing speaks against Latin-1.
    """
    if _speaks_for_utf8(text) or any(_speaks_for_utf8(more) for more in rest()):
        return UTF_8
    return LATIN_1


def _speaks_for_utf8(text: Text) -> bool:
    if text.isascii():
        return False
    block = Block(text if text.endswith(b"\n") else text + b"\n")
    for index in lines_beyond_ascii(block):
        line = block.line(index)
        if len(line) > LONGEST_LINE:
            continue
        if not {byte for byte in line if byte > 0x7F} <= _LATIN_1_LETTERS:
            return True
        try:
            line.decode(UTF_8)
        except UnicodeDecodeError:
            continue
        return True
    return False
