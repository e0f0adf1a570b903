"""Saved dashboards: a file each, `dashboards/NAME.toml` of the home, to be reviewed and versioned.

title = "Abroad"
question = "Where do we sell?"

[[cards]]
query = "revenue_by_country"      # a saved query
title = "Revenue by country"
show = "bar"                      # bar, line, table or figure
x = "country"
y = ["net"]
values = ["'2011'"]               # for its question marks, as SQL writes them
"""

import json
import re
import tomllib
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lakehouse.errors import ConfigError

# Below the home.
FOLDER = "dashboards"
MOST_CARDS = 30
_SUFFIX = ".toml"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")
_Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\r\n]*$")]


class Show(StrEnum):
    """How a card shows the rows of its query."""

    BAR = "bar"
    LINE = "line"
    TABLE = "table"
    FIGURE = "figure"


class Card(BaseModel):
    """A saved query on a dashboard; without `x` and `y` the columns are chosen by their types."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    query: _Line
    title: _Line | None = None
    show: Show = Show.TABLE
    x: _Line | None = None
    y: tuple[_Line, ...] = ()
    values: tuple[str, ...] = ()


class Dashboard(BaseModel):
    """A page of cards."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: _Line
    question: _Line = "What did we save?"
    cards: Annotated[tuple[Card, ...], Field(max_length=MOST_CARDS)] = ()


def names(home: Path) -> list[str]:
    """The names of the saved dashboards, sorted, also of those that can't be read."""
    return sorted(file.name.removesuffix(_SUFFIX) for file in _folder(home).glob("[!.]*.toml"))


def read(home: Path, name: str) -> Dashboard:
    """The dashboard of that name. Raises ConfigError, which names the file and the reason."""
    file = _folder(home) / f"{name}{_SUFFIX}"
    try:
        state = file.stat()
    except OSError as e:
        hint = "the navigation lists those that there are"
        raise ConfigError(f"{file} can't be read: {e.strerror}", hint=hint) from e
    return _read(file, state.st_mtime_ns, state.st_size)


def add(home: Path, name: str, card: Card) -> Path:
    """Put a card on a dashboard, which is made if there is none; returns its file.

    What the file holds stays as it is, with its comments. Raises ConfigError for a name that makes
    no file, and for a file that can't be read.
    """
    if not _NAME.fullmatch(name):
        hint = "letters, digits, _ and -, beginning with a letter, a digit or _"
        raise ConfigError(f"{name!r} is no name of a dashboard", hint=hint)
    file = _folder(home) / f"{name}{_SUFFIX}"
    before = f"title = {_text(name.replace('_', ' ').replace('-', ' ').capitalize())}\n"
    if file.exists():
        if len(read(home, name).cards) == MOST_CARDS:
            message = f"{file.name} holds {MOST_CARDS} cards already"
            raise ConfigError(message, hint="choose another dashboard")
        before = file.read_text(encoding="utf-8").rstrip() + "\n"
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}")
    beside.write_text(f"{before}\n{_block(card)}", encoding="utf-8")
    beside.replace(file)
    return file


@lru_cache(maxsize=200)
def _read(file: Path, _changed: int, _size: int) -> Dashboard:
    try:
        return Dashboard.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as e:
        raise ConfigError(f"{file} can't be read: {e.strerror}") from e
    except UnicodeDecodeError as e:
        raise ConfigError(f"{file} is not UTF-8 text") from e
    except tomllib.TOMLDecodeError as e:
        raise ConfigError(f"{file} is not TOML: {e}") from e
    except ValidationError as e:
        raise _explained(file, e) from e


def _explained(file: Path, error: ValidationError) -> ConfigError:
    # A key that is misspelt is missing, too.
    first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    path = [str(part + 1) if isinstance(part, int) else part for part in first["loc"]]
    where = " ".join(path).replace("cards", "card", 1) if len(path) > 1 else path[0]
    if first["type"] == "extra_forbidden":
        known = Card.model_fields if len(path) > 1 else Dashboard.model_fields
        near = get_close_matches(path[-1], known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
        return ConfigError(f"{file}: unknown key {where!r}", hint=hint)
    if first["type"] == "missing":
        return ConfigError(f"{file}: {where!r} is missing")
    return ConfigError(f"{file}: {where!r}: {first['msg'][:1].lower()}{first['msg'][1:]}")


def _block(card: Card) -> str:
    given = card.model_dump(mode="json", exclude_none=True)
    lines = [f"{key} = {_value(value)}" for key, value in given.items() if value not in ("", [])]
    return "\n".join(["[[cards]]", *lines]) + "\n"


def _value(value: str | list[str]) -> str:
    return _text(value) if isinstance(value, str) else f"[{', '.join(map(_text, value))}]"


def _text(value: str) -> str:
    # TOML's basic strings are JSON's, but for DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _folder(home: Path) -> Path:
    return home / FOLDER
