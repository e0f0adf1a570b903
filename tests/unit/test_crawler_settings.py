"""Crawlers of lakehouse.toml."""

from pathlib import Path

import pytest

from lakehouse.config import Settings, load_settings
from lakehouse.errors import ConfigError


def settings(folder: Path, text: str) -> Settings:
    (folder / "lakehouse.toml").write_text(text)
    return load_settings(folder=folder, environment={})


def test_a_crawler_needs_its_path_alone(tmp_path: Path) -> None:
    made = settings(tmp_path, '[crawlers.a]\npath = "raw"\nexclude = "**.tmp"\n').crawlers["a"]
    assert made.path == tmp_path / "raw"
    assert made.exclude == ("**.tmp",)
    assert (made.database, made.update_behavior, made.delete_behavior) == (
        "raw", "update", "deprecate",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[crawlers.a]\n", "is missing"),
        ('[crawlers.a]\npath = "x"\npth = 1', "unknown setting 'crawlers.a.pth'"),
        ('[crawlers."a b"]\npath = "x"', "no name of a crawler"),
        ('[crawlers.a]\npath = "x"\ndatabase = "core"', "own tables"),
        ('[crawlers.a]\npath = "x"\ndatabase = "A-b"', "lower case"),
        ('[crawlers.a]\npath = "x"\nto_iceberg = "raw"', "another database"),
        ('[crawlers.a]\npath = "x"\ntable_prefix = "A"', "lower case"),
        ('[crawlers.a]\npath = "x"\nschedule = "often"', "five fields"),
        ('[crawlers.a]\npath = "x"\nexclude = "[a"', "without its"),
        ('[crawlers.a]\npath = "x"\nupdate_behavior = "both"', "'update' or 'log'"),
        ('[crawlers.a]\npath = "x"\ntable_level = 0', "greater than or equal to 1"),
        ('[crawlers.a]\npath = "x"\nclassifiers = "c"', "no [classifiers.c]"),
        ('[classifiers.c]\ngrok = "%{IP:a}"\ndelimiter = ","', "one of grok, regex and delimiter"),
        ("[classifiers.c]\nregex = '(.*)'", "belong together"),
        ('[classifiers.c]\ndelimiter = ":"', "classifiers.c.delimiter"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        settings(tmp_path, text)
    assert said in refused.value.message
    assert refused.value.hint
