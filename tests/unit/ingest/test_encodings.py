"""UTF-8 unless everything speaks for Latin-1."""

from collections.abc import Iterator

import pytest

from ingest.encodings import LATIN_1, UTF_8, settle

LATIN = "CAFÉ\n".encode(LATIN_1)
UTF = "CAFÉ\n".encode(UTF_8)
CP1252 = "€ 5\n".encode("cp1252")  # 0x80: no letter of Latin-1


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ([LATIN], LATIN_1),
        ([LATIN + b"plain\n" + LATIN, b"plain\n", LATIN], LATIN_1),
        ([UTF], UTF_8),
        ([LATIN + UTF], UTF_8),
        ([LATIN, b"plain\n", UTF], UTF_8),
        ([CP1252], UTF_8),
        ([LATIN, CP1252], UTF_8),
        ([LATIN, b"\xff\n"], UTF_8),
        (["ÀŸ".encode("latin-1", "replace"), b"last line, no end \xe9"], LATIN_1),
    ],
)
def test_one_line_that_speaks_against_latin_1_decides(blocks: list[bytes], expected: str) -> None:
    first, *rest = blocks
    assert settle(first, lambda: rest) == expected


def test_the_rest_is_read_only_as_far_as_needed() -> None:
    def rest() -> Iterator[bytes]:
        yield UTF
        pytest.fail("the question was settled")

    assert settle(LATIN, rest) == UTF_8


def test_a_line_too_long_says_nothing() -> None:
    too_long = "É".encode(UTF_8) * 600_000 + b"\n"
    assert settle(too_long + LATIN, list) == LATIN_1
