"""Where alerts and reports are: `alerts/NAME.toml` and `reports/NAME.toml` of the home."""

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from lakehouse.errors import ConfigError
from lakehouse.notices.definitions import Notice, PageFilters
from lakehouse.notices.storing import replace_file

_SUFFIX = ".toml"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")
N = TypeVar("N", bound=Notice)


class Notices(Generic[N]):
    """The alerts, or the reports, of a home."""

    def __init__(self, home: Path, kind: type[N]) -> None:
        self.home = home
        self.kind = kind
        self.what = kind.__name__.lower()
        self.folder = home / f"{self.what}s"

    def names(self) -> list[str]:
        """Their names, sorted, also of those whose file can't be read."""
        return sorted(file.name.removesuffix(_SUFFIX) for file in self.folder.glob("[!.]*.toml"))

    def file(self, name: str) -> Path:
        """The file of that name, whether there is one or not. Raises ConfigError for no name."""
        if not _NAME.fullmatch(name):
            hint = "letters, digits, _ and -, beginning with a letter, a digit or _; at most 64"
            raise ConfigError(f"{name!r} is no name of {_a(self.what)}", hint=hint)
        return self.folder / f"{name}{_SUFFIX}"

    def read(self, name: str) -> N:
        """The one of that name. Raises ConfigError, which names the file and the reason."""
        file = self.file(name)
        try:
            return self.kind.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
        except FileNotFoundError as e:
            raise self._unknown(name) from e
        except OSError as e:
            raise ConfigError(f"{file} can't be read: {e.strerror}", hint="check its mode") from e
        except UnicodeDecodeError as e:
            raise ConfigError(f"{file} is not UTF-8 text", hint="save it as UTF-8") from e
        except tomllib.TOMLDecodeError as e:
            raise ConfigError(f"{file} is not TOML: {e}", hint="see https://toml.io") from e
        except ValidationError as e:
            raise _explained(self.kind, e, str(file)) from e

    def write(self, name: str, notice: N, *, replace: bool = False) -> Path:
        """Write one; returns its file. Raises ConfigError for a name that is none, or taken."""
        file = self.file(name)
        if file.exists() and not replace:
            hint = "choose another name, or change the file"
            raise ConfigError(f"there is {_a(self.what)} {name!r} already", hint=hint)
        replace_file(file, _as_toml(notice).encode())
        return file

    def remove(self, name: str) -> None:
        """Remove one. Raises ConfigError when there is none."""
        try:
            self.file(name).unlink()
        except FileNotFoundError as e:
            raise self._unknown(name) from e

    def _unknown(self, name: str) -> ConfigError:
        known = self.names()
        near = get_close_matches(name, known, n=1, cutoff=0.5)
        hint = (
            f"there are: {', '.join(known)}" if known else f"one is made by {self.folder}/NAME.toml"
        )
        hint = f"did you mean {near[0]!r}?" if near else hint
        return ConfigError(f"there is no {self.what} {name!r}", hint=hint)


def problems(kind: type[N], given: Mapping[str, object]) -> dict[str, str]:
    """What is wrong with what somebody typed, by field; under "" what is wrong with all of it."""
    try:
        kind.model_validate(given)
    except ValidationError as e:
        return {
            next((str(part) for part in each["loc"]), ""): _reason(dict(each))
            for each in e.errors()
        }
    return {}


def _explained(kind: type[BaseModel], error: ValidationError, file: str) -> ConfigError:
    # A key that is misspelt is missing, too.
    first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    path = [str(part) for part in first["loc"] if not isinstance(part, int)]
    where = ".".join(path)
    if first["type"] == "extra_forbidden":
        known = list((PageFilters if len(path) > 1 else kind).model_fields)
        near = get_close_matches(path[-1], known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
        return ConfigError(f"{file}: unknown key {where!r}", hint=hint)
    named = f"{where!r}: " if where else ""
    return ConfigError(
        f"{file}: {named}{_reason(dict(first))}", hint="docs/alerts.md explains every key"
    )


def _reason(error: Mapping[str, Any]) -> str:
    match error["type"]:
        case "missing":
            return "is missing"
        case "value_error":
            return str(error["ctx"]["error"])
        case "model_type":
            return "a table of keys is wanted"
    message = str(error["msg"])
    return message[:1].lower() + message[1:]


def _as_toml(notice: BaseModel) -> str:
    given = notice.model_dump(exclude_defaults=True)
    tables = {key: value for key, value in given.items() if isinstance(value, dict)}
    lines = [f"{key} = {_value(value)}" for key, value in given.items() if key not in tables]
    for key, table in tables.items():
        lines += ["", f"[{key}]", *(f"{name} = {_value(value)}" for name, value in table.items())]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    match value:
        case tuple():
            return f"[{', '.join(map(_value, value))}]"
        case date():
            return value.isoformat()
        case Decimal():
            return f"{value:f}"
        case timedelta():
            value = f"{value // timedelta(seconds=1)}s"
    # TOML's basic strings are JSON's, but for DEL.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def _a(what: str) -> str:
    return f"an {what}" if what[0] in "aeiou" else f"a {what}"
