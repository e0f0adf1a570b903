"""Patterns of paths, as Glue's documentation of exclude patterns explains them."""

import pytest

from lakehouse.object_keys.patterns import exactly, excluded, matcher


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("*.csv", "a.csv", "x/a.csv"),
        ("*.*", "a.b", "ab"),
        ("*.{csv,avro}", "a.avro", "a.json"),
        ("foo.?", "foo.x", "foo.xy"),
        ("myfolder/*", "myfolder/data", "myfolder/mysource/data"),
        ("myfolder/**", "myfolder/mysource/data", "other/data"),
        ("**.zip", "a/b/c.zip", "a/b/c.zip.gz"),
        ("**/tmp/*", "tmp/x", "a/tmp/b/x"),
        ("[ab]?[!0-9]", "axz", "ax1"),
        (r"\*.csv", "*.csv", "a.csv"),
    ],
)
def test_patterns(pattern: str, yes: str, no: str) -> None:
    matches = matcher([pattern])
    assert matches(yes)
    assert not matches(no)


def test_no_pattern_matches_nothing_and_an_exact_one_itself_alone() -> None:
    assert not matcher([])("")
    name = "a[1]{x,y}*?\\.csv"
    assert matcher([exactly(name)])(name)
    assert not matcher([exactly(name)])("a1x.csv")


@pytest.mark.parametrize("pattern", ["a[", "{a,b"])
def test_half_a_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="without its"):
        matcher([pattern])


def test_a_parameter_that_is_no_list_excludes_nothing() -> None:
    assert excluded('["**.zip"]')("a.zip")
    for told in ("", "{", "7", '{"a": 1}', "[1]"):
        assert not excluded(told)("a.zip")
