"""Every attack ends in a clear error; the tables, the files and the worker are as they were."""

import pytest

from lakehouse.errors import LakehouseError
from tests.hostile import attacks
from tests.hostile.conftest import ROWS, SECRET, Ask, Lake

_KINDS = {
    "files": attacks.FILES,
    "network": attacks.NETWORK,
    "settings": attacks.SETTINGS,
    "writing": attacks.WRITING,
    "hiding": attacks.HIDING,
    "depth": attacks.deep(150) | attacks.WIDE,
}
_READS = "select id, name from shop.orders order by id"


def intact(ask: Ask) -> bool:
    """Whether the rows are there, and the worker or its successor answers."""
    return [(int(str(i)), name) for i, name in ask(_READS)] == ROWS


def ends(ask: Ask, lake: Lake, sql: str) -> str:
    """What the attack is told; fails if it gets an answer."""
    with pytest.raises(LakehouseError) as told:
        pytest.fail(f"answered {str(ask(sql))[:200]}")
    said = f"{told.value.message} {told.value.hint}"
    assert told.value.message.strip()
    assert "Traceback" not in said
    for secret in (SECRET, lake.token):
        assert secret not in said.replace(sql, "")
    return said


@pytest.mark.parametrize("kind", _KINDS)
def test_it_gets_nowhere(kind: str, ask: Ask, lake: Lake) -> None:
    """One test a kind; what was lost is looked for after every tenth attack and at the end."""
    snapshot, files = lake.snapshot(), lake.files()
    for count, (name, attack) in enumerate(_KINDS[kind].items()):
        ends(ask, lake, lake.sql(attack) if kind != "depth" else attack)
        assert count % 10 or intact(ask), name
    assert intact(ask)
    assert lake.snapshot() == snapshot
    assert lake.files() == files


def test_what_never_ends_is_ended(
    hurried: tuple[str, Ask], lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lakehouse.query.interruption.GRACE_SECONDS", 0.2)
    dialect, ask = hurried
    endless = attacks.ENDLESS_DUCKDB if dialect == "duckdb" else attacks.ENDLESS
    before = lake.snapshot()
    for name, attack in endless.items():
        assert "longer than the 0.5 s" in ends(ask, lake, lake.sql(attack)), name
        assert ask("select 1")
    assert lake.snapshot() == before


def test_what_wants_all_memory_gets_none(
    ask: Ask, lake: Lake, request: pytest.FixtureRequest
) -> None:
    dialect = request.node.callspec.params["ask"]
    huge = attacks.HUGE_DUCKDB if dialect == "duckdb" else attacks.HUGE
    for name, attack in huge.items():
        ends(ask, lake, lake.sql(attack))
        assert intact(ask), name


def test_what_the_engine_tells_of_itself_holds_no_secret(lake: Lake, ask: Ask) -> None:
    for function in ("settings", "databases", "variables", "functions", "extensions", "memory"):
        try:
            told = str(ask(f"select * from duckdb_{function}()"))
        except LakehouseError as e:
            told = e.message
        assert lake.token not in told
        assert SECRET not in told
