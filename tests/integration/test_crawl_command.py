"""`lakehouse crawl` as a command."""

import json
from pathlib import Path

import pytest

from lakehouse.cli import root


def run(folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    config = ["--config", str(folder / "lakehouse.toml")]
    code = root._exit_code([*config, *arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lakehouse.toml").write_text(
        '[external]\nfolders = ["in"]\n'
        '[crawlers.often]\npath = "in"\nschedule = "* * * * *"\n'
        '[crawlers.rarely]\npath = "in"\nschedule = "cron(0 0 1 1 ? 2199)"\n'
        '[crawlers.never]\npath = "in"\n'
    )
    (tmp_path / "in/people").mkdir(parents=True)
    (tmp_path / "in/people/a.csv").write_text("id,name\n1,Ann\n")
    return tmp_path


def test_crawlers_that_are_due_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(folder, capsys, "crawl", "--due", "--json")
    assert code == 0
    (report,) = json.loads(out)
    assert report["crawler"] == "often"
    assert report["tables"] == ["raw.people"]
    assert report["events"] == [
        {
            "action": "created",
            "reason": "csv, 2 columns, 1 files",
            "table": "raw.people",
            "file": None,
        }
    ]
    code, out, _ = run(folder, capsys, "crawl", str(folder / "in"), "--database", "other")
    assert code == 0
    assert "other.people" in out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["ofen"], 2, "did you mean 'often'?"),
        ([], 2, "--due"),
        (["often", "--due"], 2, "--due"),
        (["often", "--prefix", "x"], 2, "has its own"),
        (["in/", "--database", "core"], 2, "the lakehouse's own tables"),
        (["in/", "--to-iceberg", "raw"], 2, "another database"),
        (["/"], 3, "may not be crawled"),
        (["./in/nothing"], 3, "can't be listed"),
    ],
)
def test_what_makes_no_sense_is_refused(  # noqa: PLR0917 - fixtures and parameters
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    monkeypatch.chdir(folder)
    found, out, err = run(folder, capsys, "crawl", *arguments)
    assert (found, out) == (code, "")
    assert said in err
