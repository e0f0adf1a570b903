"""Settings: lakehouse.toml, then LAKEHOUSE_* variables, then flags; the later wins.

A variable names its key in capitals, a table and its key joined by two underscores:
`LAKEHOUSE_HOME`, `LAKEHOUSE_QUERY__MEMORY_LIMIT`. Nothing else in the project reads the
environment.
"""

import os
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from lakehouse.access_settings import AccessSettings
from lakehouse.crawler_settings import ClassifierSettings, CrawlerSettings, check_crawlers
from lakehouse.delivery_settings import DeliverySettings
from lakehouse.errors import ConfigError
from lakehouse.maintenance_settings import Duration, MaintenanceSettings
from lakehouse.notice_settings import SmtpSettings, WebhookSettings
from lakehouse.secret_settings import refuse_secrets
from lakehouse.stream_settings import (
    BUILT_IN,
    STDIN,
    StreamSettings,
    check_streams,
    with_built_in,
)
from lakehouse.workgroup_settings import (
    PRIMARY,
    Dialect,
    MemoryLimit,
    WorkgroupSettings,
    check_names,
    chosen,
    with_primary,
)

FILE_NAME = "lakehouse.toml"
PREFIX = "LAKEHOUSE_"
# Variables that carry the prefix and are no settings: the file to read, and the tests' data.
OTHER_VARIABLES = {"LAKEHOUSE_CONFIG", "LAKEHOUSE_DEBUG", "LAKEHOUSE_ONLINE_RETAIL"}

Port = Annotated[int, Field(ge=0, le=65535)]
# What RFC 6750 lets a bearer token consist of: anything else would not survive a header.
Token = Annotated[str, Field(pattern=r"^[A-Za-z0-9._~+/=-]*$", repr=False)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GenerateSettings(_Table):
    """The logs that `lakehouse generate` makes, and `lakehouse build` when it is given no source.

    A day depends on `seed`, `orders_per_day` and its date. `bad_lines` is the share of lines that
    the log's writer spoils before it writes them again.
    """

    seed: Annotated[int, Field(ge=0, lt=2**63)] = 7
    start: Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2070, 1, 1))] = date(2025, 1, 1)
    days: Annotated[int, Field(ge=1, le=3650)] = 365
    orders_per_day: Annotated[float, Field(gt=0, le=20_000)] = 65.0
    bad_lines: Annotated[float, Field(ge=0, le=0.5)] = 0.0002


class RestSettings(_Table):
    """Where `lakehouse catalog serve` listens, and for whom. An empty `token` is a random one.

    Requests are told in the file `access_log`, in Apache's combined format; without it, nowhere.
    """

    host: str = "127.0.0.1"
    port: Port = 8181
    token: Token = ""
    access_log: Path | None = None


class QuerySettings(_Table):
    """The limits of the DuckDB session that answers SQL, and the dialect `lakehouse sql` speaks.

    What does not fit into `memory_limit` goes to the disk, at most `spill_limit`: in percent a
    share of what is free there. `threads = 0` means every core; `timeout` is in seconds, Athena's
    thirty minutes by default. A table without a database is looked for in `database`. Executions
    are told of, and their results kept, for `retention` (Athena: 45 days).
    """

    memory_limit: MemoryLimit = "50%"
    threads: Annotated[int, Field(ge=0)] = 0
    spill_limit: MemoryLimit = "25%"
    timeout: Annotated[float, Field(gt=0)] = 1800.0
    dialect: Dialect = "athena"
    database: Annotated[str, Field(min_length=1), AfterValidator(str.lower)] = "core"
    retention: Duration = timedelta(days=45)


class ExternalSettings(_Table):
    """Folders, beside the home, that external tables may lie in and UNLOAD may write to."""

    folders: tuple[Path, ...] = ()


class DashboardSettings(_Table):
    """Where `lakehouse dashboard` listens."""

    host: str = "127.0.0.1"
    port: Port = 8501


class Settings(_Table):
    """Everything that can be configured, parsed and checked once.

    `catalog` is handed to PyIceberg as it is; left empty it is a SQLite catalog in the home.
    `log_format` is that of what `lakehouse ingest` says on standard error.
    """

    home: Path = Path(".lake")
    log_format: Literal["text", "json"] = "text"
    catalog: dict[str, str] = Field(default_factory=dict)
    rest: RestSettings = RestSettings()
    generate: GenerateSettings = GenerateSettings()
    query: QuerySettings = QuerySettings()
    workgroups: dict[str, WorkgroupSettings] = Field(default_factory=dict, validate_default=True)
    external: ExternalSettings = ExternalSettings()
    dashboard: DashboardSettings = DashboardSettings()
    access: AccessSettings = AccessSettings()
    smtp: SmtpSettings = SmtpSettings()
    webhooks: WebhookSettings = WebhookSettings()
    maintenance: MaintenanceSettings = MaintenanceSettings()
    deliveries: DeliverySettings = DeliverySettings()
    streams: dict[str, StreamSettings] = Field(default_factory=dict, validate_default=True)
    classifiers: dict[str, ClassifierSettings] = Field(default_factory=dict)
    crawlers: dict[str, CrawlerSettings] = Field(default_factory=dict)

    @field_validator("catalog", mode="before")
    @classmethod
    def _dotted(cls, given: object) -> object:
        # TOML reads `s3.endpoint = ...` as a table in a table; PyIceberg wants the dotted key.
        return _flat(given) if isinstance(given, dict) else given

    @field_validator("streams", mode="before")
    @classmethod
    def _built_in(cls, given: object) -> object:
        return with_built_in(given) if isinstance(given, dict) else given

    @field_validator("streams")
    @classmethod
    def _one_stream_a_table(cls, given: dict[str, StreamSettings]) -> dict[str, StreamSettings]:
        check_streams(given)
        return given

    @field_validator("workgroups", mode="before")
    @classmethod
    def _primary(cls, given: object) -> object:
        return with_primary(given) if isinstance(given, dict) else given

    @field_validator("workgroups")
    @classmethod
    def _workgroup_names(cls, given: dict[str, WorkgroupSettings]) -> dict[str, WorkgroupSettings]:
        check_names(given)
        return given

    @model_validator(mode="after")
    def _known_classifiers(self) -> "Settings":
        check_crawlers(self.crawlers, self.classifiers)
        return self

    _file: Path | None = PrivateAttr(default=None)

    @property
    def file(self) -> Path | None:
        """The lakehouse.toml that was read, or None."""
        return self._file

    @property
    def warehouse(self) -> Path:
        """The folder that holds the tables of the default catalog."""
        return self.home / "warehouse"

    def workgroup(self, name: str = PRIMARY) -> WorkgroupSettings:
        """The workgroup of that name, its results in the home unless it says where.

        Raises ConfigError when there is none.
        """
        given = chosen(self.workgroups, name)
        location = given.result_location or self.home / "queries" / "results"
        return given.model_copy(update={"result_location": location})

    def in_workgroup(self, name: str = PRIMARY) -> "Settings":
        """These settings with the limits and the dialect of a workgroup under `query`.

        Raises ConfigError when there is none.
        """
        group = chosen(self.workgroups, name)
        limits = {
            "dialect": group.dialect or self.query.dialect,
            "timeout": group.timeout or self.query.timeout,
            "memory_limit": group.of_one(group.memory_limit or self.query.memory_limit),
            "spill_limit": group.of_one(group.spill_limit or self.query.spill_limit),
        }
        return self.model_copy(update={"query": self.query.model_copy(update=limits)})

    @property
    def logs(self) -> Path:
        """The folder that generated order logs are written to."""
        return self.home / "logs"


def load_settings(
    *,
    config: Path | None = None,
    flags: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Settings:
    """The settings that hold for a command started in `folder` (default: the current one).

    `config` names the file; without it `LAKEHOUSE_CONFIG`, else the nearest lakehouse.toml in
    `folder` or above it. A relative `home` in the file is relative to the file. `flags` are
    dotted keys (`query.memory_limit`); None values are left out.

    Raises ConfigError for a file that can't be read, an unknown key, or a value out of range.
    """
    environment = os.environ if environment is None else environment
    folder = Path.cwd() if folder is None else folder
    file = _find_file(config, environment, folder)
    values = _read_file(file) if file else {}
    root = file.parent if file else folder
    origin = str(file) if file else FILE_NAME
    refuse_secrets(values, origin)
    for variable, value in _from_environment(environment):
        _put(values, variable, value)
    for name, flag in (flags or {}).items():
        if flag is not None:
            _put(values, name.split("."), flag)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as e:
        raise _explain(e, origin) from e
    home = (root / settings.home.expanduser()).resolve()
    streams = _streams(settings, root, home)
    folders = tuple((root / path.expanduser()).resolve() for path in settings.external.folders)
    updates = {
        "home": home,
        "streams": streams,
        "workgroups": _workgroups(settings, root),
        "external": ExternalSettings(folders=folders),
        "crawlers": {name: crawler.located(root) for name, crawler in settings.crawlers.items()},
    }
    settings = settings.model_copy(update=updates)
    settings._file = file
    return settings


def debugging() -> bool:
    """Whether the person asked for tracebacks (LAKEHOUSE_DEBUG=1)."""
    return os.environ.get("LAKEHOUSE_DEBUG", "") not in {"", "0"}


def _streams(settings: Settings, root: Path, home: Path) -> dict[str, StreamSettings]:
    """The streams with absolute sources; a built-in one that names none reads generated logs."""
    streams = {}
    for name, stream in settings.streams.items():
        source = tuple(
            path if path == STDIN else root / path.expanduser() for path in stream.source
        )
        if not source and name not in BUILT_IN:
            raise ConfigError(
                f"stream {name!r} has no source",
                hint=f'name it: [streams.{name}] source = "logs/{name}", or "-" for the input',
            )
        folder = BUILT_IN[name][2] if name in BUILT_IN else name
        source = source or (home / "logs" / folder,)
        located = stream.located(name, root, home)
        streams[name] = located.model_copy(update={"source": source})
    return streams


def _workgroups(settings: Settings, root: Path) -> dict[str, WorkgroupSettings]:
    """The workgroups, with absolute places for their results."""
    return {name: group.located(root) for name, group in settings.workgroups.items()}


def _find_file(config: Path | None, environment: Mapping[str, str], folder: Path) -> Path | None:
    named = config or (Path(v) if (v := environment.get("LAKEHOUSE_CONFIG")) else None)
    if named is not None:
        if not named.is_file():
            raise ConfigError(f"no configuration file {named}", hint="check --config")
        return named.resolve()
    for parent in (folder.resolve(), *folder.resolve().parents):
        if (parent / FILE_NAME).is_file():
            return parent / FILE_NAME
    return None


def _read_file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise ConfigError(f"{file} is not valid TOML: {e}", hint="see https://toml.io") from e
    except OSError as e:
        raise ConfigError(f"{file} can't be read: {e.strerror}", hint="check its mode") from e


def _from_environment(environment: Mapping[str, str]) -> Iterable[tuple[list[str], str]]:
    for name, value in sorted(environment.items()):
        if name.startswith(PREFIX) and name not in OTHER_VARIABLES:
            yield name.removeprefix(PREFIX).lower().split("__"), value


def _put(values: dict[str, Any], key: list[str], value: object) -> None:
    *tables, last = key
    for table in tables:
        values = values.setdefault(table, {})
        if not isinstance(values, dict):
            raise ConfigError(f"{table!r} is a table, not a value", hint=f"write [{table}]")
    values[last] = value


def _flat(table: Mapping[str, object]) -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{below}": inner for below, inner in _flat(value).items()}
        elif isinstance(value, bool | int | float):
            flat[key] = str(value).lower()
        else:
            flat[key] = value
    return flat


def _explain(error: ValidationError, origin: str) -> ConfigError:
    first = error.errors()[0]
    path = [str(part) for part in first["loc"]]
    name = ".".join(path)
    if first["type"] == "extra_forbidden":
        known = _keys_of(path[:-1])
        near = get_close_matches(path[-1], known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
        return ConfigError(f"unknown setting {name!r} ({origin}, LAKEHOUSE_* or flag)", hint=hint)
    got = "" if first["type"] in {"value_error", "missing"} else f", got {first['input']!r}"
    return ConfigError(
        f"setting {name!r}: {_reason(first)}{got}",
        hint=f"set it in {origin}, as {_variable(path)}, or by its flag",
    )


def _reason(error: ErrorDetails) -> str:
    # pydantic's own words for these name our classes.
    if error["type"] in {"model_type", "dict_type"}:
        return "input should be a table of keys"
    if error["type"] == "path_type":
        return "input should be a path"
    if error["type"] == "missing":
        return "is missing"
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return error["msg"][:1].lower() + error["msg"][1:]


def _keys_of(tables: list[str]) -> list[str]:
    """The keys of a table; none for one of free names, such as `streams`."""
    annotation: object = Settings
    for table in tables:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            found: object = annotation.model_fields[table].annotation
            # A table that may be left out is one or None.
            annotation = get_args(found)[0] if isinstance(found, UnionType) else found
        else:
            # Below `streams` and `columns` stands a name, and below that the keys of any of them.
            annotation = get_args(annotation)[1]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return list(annotation.model_fields)
    return []


def _variable(path: list[str]) -> str:
    return PREFIX + "__".join(part.upper() for part in path)
