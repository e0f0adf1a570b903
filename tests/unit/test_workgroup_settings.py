"""Workgroups of lakehouse.toml."""

from datetime import timedelta
from pathlib import Path

import pytest

from lakehouse.config import Settings, load_settings
from lakehouse.errors import ConfigError, QueryError


def settings(folder: Path, text: str = "") -> Settings:
    (folder / "lakehouse.toml").write_text(text)
    return load_settings(folder=folder, environment={})


def test_primary_is_always_there_and_is_as_query_says(tmp_path: Path) -> None:
    made = settings(tmp_path, '[query]\nmemory_limit = "3GiB"\n[workgroups.other]\n')
    assert set(made.workgroups) == {"primary", "other"}
    assert made.in_workgroup().query == made.query
    group = made.workgroup()
    assert group.result_location == tmp_path / ".lake/queries/results"
    assert (group.scan_cutoff, group.price_per_tb, group.reuse) == (None, 5.0, timedelta(0))


def test_a_workgroup_has_its_own_limits(tmp_path: Path) -> None:
    text = (
        '[workgroups.etl]\nscan_cutoff = "10MB"\ntimeout = 1.5\nmemory_limit = "2GiB"\n'
        'spill_limit = "200GiB"\nresult_location = "kept"\ndialect = "duckdb"\n'
        'reuse = "60m"\nconcurrency = 4\n'
    )
    made = settings(tmp_path, text)
    limits = made.in_workgroup("etl").query
    assert (limits.timeout, limits.dialect) == (1.5, "duckdb")
    assert limits.memory_limit == "0.500000GiB"
    assert limits.spill_limit == "50.000000GiB"
    group = made.workgroup("etl")
    assert (group.scan_cutoff, group.reuse) == (10_000_000, timedelta(hours=1))
    assert group.result_location == tmp_path / "kept"


@pytest.mark.parametrize(
    ("text", "named", "hint"),
    [
        ('[workgroups.a]\nscan_cutoff = "9MB"', "workgroups.a.scan_cutoff", "lakehouse.toml"),
        ("[workgroups.a]\nscan_cutof = 1", "workgroups.a.scan_cutof", "'scan_cutoff'"),
        ('[workgroups.a]\nmemory_limit = "much"', "workgroups.a.memory_limit", "lakehouse.toml"),
        ("[workgroups.a]\nconcurrency = 0", "workgroups.a.concurrency", "lakehouse.toml"),
        ('[workgroups.a]\ndialect = "hive"', "workgroups.a.dialect", "lakehouse.toml"),
        ('[workgroups."a b"]\nwrite = true', "workgroups", "lakehouse.toml"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, text: str, named: str, hint: str) -> None:
    with pytest.raises(ConfigError) as refused:
        settings(tmp_path, text)
    assert named in refused.value.message
    assert hint in refused.value.hint


def test_an_unknown_workgroup_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no workgroup 'primry'") as refused:
        settings(tmp_path).in_workgroup("primry")
    assert "'primary'" in refused.value.hint


@pytest.mark.parametrize(
    ("given", "asked", "allowed"),
    [("", False, False), ("", True, True), ("true", False, True), ("true", True, True)],
)
def test_a_workgroup_gives_the_permission_to_write(
    tmp_path: Path, given: str, asked: bool, allowed: bool
) -> None:
    made = settings(tmp_path, f"[workgroups.a]\n{f'write = {given}' if given else ''}")
    assert made.workgroup("a").writes("a", asked=asked) is allowed


def test_a_workgroup_can_forbid_writing_for_good(tmp_path: Path) -> None:
    group = settings(tmp_path, "[workgroups.a]\nwrite = false").workgroup("a")
    assert group.writes("a", asked=False) is False
    with pytest.raises(QueryError, match="PERMISSION_DENIED"):
        group.writes("a", asked=True)
