"""The rules, as a person types them and as they are read."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result

from lakehouse.catalog import open_catalog
from lakehouse.cli.root import _exit_code, lakehouse
from lakehouse.config import Settings, load_settings
from lakehouse.errors import AccessError, ConfigError
from lakehouse.query.access.rulebook import RuleBook
from lakehouse.query.access.viewer import Person


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = load_settings(folder=tmp_path, environment={})
    with open_catalog(found) as catalog:
        catalog.create_namespace("core")
        for name, columns in {
            "sales": ("country", "net"), "dim_dates": ("date_day",), "parts": ("part",),
        }.items():  # fmt: skip
            schema = pa.schema([(column, pa.string()) for column in columns])
            catalog.create_table(("core", name), schema)
    return found


def run(settings: Settings, *arguments: str) -> Result:
    given = ["--home", str(settings.home), "access", *arguments]
    return CliRunner().invoke(lakehouse, given, catch_exceptions=False)


def seen(settings: Settings, person: str) -> dict[str, tuple[str, str]]:
    told = json.loads(run(settings, "check", person, "--json").stdout)
    return {each["table"]: (each["rows"], each["hidden"]) for each in told}


def test_rules_are_written_read_and_taken_back(settings: Settings) -> None:
    assert run(settings, "grant", "ada@x.org", "--rows", "country=France,Norway").exit_code == 0
    assert run(settings, "grant", "--group", "board").exit_code == 0
    assert run(settings, "hide", "core.sales.net", "--but-group", "board").exit_code == 0
    narrow = "(CAST(\"country\" AS VARCHAR) IN ('France', 'Norway'))"
    assert seen(settings, "ada@x.org") == {
        "core.sales": (narrow, "net"), "core.dim_dates": ("all", ""), "core.parts": ("none", ""),
        "access.row_rules": ("none", ""), "access.column_rules": ("none", ""),
    }  # fmt: skip
    book = RuleBook(settings)
    assert book.viewer(Person("cyd", frozenset({"board"}))).scope.everything
    assert book.viewer(Person("eve")).scope.nothing
    assert [each["for"] for each in json.loads(run(settings, "show", "--json").stdout)] == [
        "ada@x.org", "group board", "group board",
    ]  # fmt: skip
    # What is taken back holds at once, for whoever has the rules open.
    assert run(settings, "revoke", "ada@x.org").exit_code == 0
    assert book.viewer(Person("ada@x.org")).scope.nothing
    assert run(settings, "unhide", "core.sales.net").exit_code == 0
    assert not book.viewer(Person("eve")).scope.hidden


def test_a_rule_of_no_table_is_told(settings: Settings) -> None:
    run(settings, "grant", "ada", "--rows", "contry=France")
    assert "no table has the column contry" in run(settings, "check", "ada").stderr


def test_without_rules_nobody_sees_anything(settings: Settings) -> None:
    book = RuleBook(settings)
    with pytest.raises(AccessError, match=r"no table access\.row_rules"):
        book.viewer(Person("ada"))
    run(settings, "grant", "ada")
    assert book.viewer(Person("ada")).scope.everything
    with open_catalog(settings) as catalog:
        catalog.drop_table("access.column_rules")
    with pytest.raises(AccessError, match=r"no table access\.column_rules"):
        book.viewer(Person("ada"))


@pytest.mark.parametrize("what", ["metadata", "data"])
def test_damaged_rules_are_none(settings: Settings, what: str) -> None:
    run(settings, "grant", "ada")
    for file in (settings.warehouse / "access" / "row_rules" / what).rglob("*.*"):
        file.write_bytes(b"damaged")
    with pytest.raises(AccessError, match="the rules can't be read"):
        RuleBook(settings).viewer(Person("ada"))
    assert _exit_code(["--home", str(settings.home), "access", "show"]) == 5


def test_wrong_words_are_told(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    home = ["--home", str(settings.home), "access"]
    for arguments, code in (
        (["grant"], 2),
        (["grant", "ada", "--group", "board"], 2),
        (["grant", "ada", "--rows", "country"], 2),
        (["revoke", "nobody"], 5),
        (["unhide", "core.sales.net"], 5),
        (["check", "ada", "--table", "core.none"], 4),
    ):
        assert _exit_code([*home, *arguments]) == code, arguments
    assert "Traceback" not in capsys.readouterr().err


def test_secrets_stand_in_no_file(tmp_path: Path) -> None:
    file = tmp_path / "lakehouse.toml"
    login = '[access]\nprovider = "https://id.example.com"\nclient_id = "lake"\n'
    file.write_text(login + 'client_secret = "x"\n')
    with pytest.raises(ConfigError, match="a secret should in no file") as caught:
        load_settings(folder=tmp_path, environment={})
    assert "LAKEHOUSE_ACCESS__CLIENT_SECRET" in caught.value.hint
    file.write_text(login)
    with pytest.raises(ConfigError, match="needs the secret"):
        load_settings(folder=tmp_path, environment={}).access.require_secret()
    given = load_settings(folder=tmp_path, environment={"LAKEHOUSE_ACCESS__CLIENT_SECRET": "s3"})
    assert given.access.login
    assert "s3" not in repr(given)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('provider = "https://id.example.com"', "go together"),
        ('provider = "id.example.com"\nclient_id = "x"', "no address"),
        ('provider = "http://id.example.com"\nclient_id = "x"', "must be https"),
        ('adress = "https://x.org"', "unknown setting"),
    ],
)
def test_wrong_settings_are_told(tmp_path: Path, lines: str, told: str) -> None:
    (tmp_path / "lakehouse.toml").write_text(f"[access]\n{lines}\n")
    with pytest.raises(ConfigError, match=told):
        load_settings(folder=tmp_path, environment={})
