"""Two ingesters of one stream, whose locks lie on two machines: what is left is the fence."""

from pathlib import Path

import pytest

from lakehouse.config import load_settings
from tests.order_logs import BAD, Lake, order_line, write_log
from tests.soak.dying import lakehouse
from tests.soak.harness import SERVER

BATCH = 40
FINE = {0, 7}  # 7: the other one has delivered meanwhile


@pytest.mark.parametrize("rounds", [4, pytest.param(60, marks=pytest.mark.soak)])
def test_they_double_nothing(tmp_path: Path, rounds: int) -> None:
    shared = tmp_path / "shared"
    (shared / "warehouse").mkdir(parents=True)
    log = write_log(tmp_path / "orders.csv", [order_line(1)])
    for machine in ("first", "second"):
        (tmp_path / machine).mkdir()
        (tmp_path / machine / "lakehouse.toml").write_text(
            f'[streams.orders]\nsource = "{log}"\n[catalog]\ntype = "sql"\n'
            f'uri = "sqlite:///{shared}/catalog.db"\nwarehouse = "file://{shared}/warehouse"\n'
        )
    said = tmp_path / "said.txt"
    ends = []
    for number in range(rounds):
        with log.open("a") as file:
            lines = range(number * BATCH + 2, (number + 1) * BATCH + 2)
            file.writelines(f"{BAD if n % 4 == 0 else order_line(n)}\n" for n in lines)
        both = [
            SERVER.Process(
                target=lakehouse,
                args=(
                    ["--config", f"{tmp_path}/{machine}/lakehouse.toml", "ingest"],
                    None,
                    str(said),
                ),
            )
            for machine in ("first", "second")
        ]
        for process in both:
            process.start()
        for process in both:
            process.join()
        ends += [process.exitcode for process in both]
    assert set(ends) <= FINE, said.read_text()
    lake = Lake(load_settings(config=tmp_path / "first" / "lakehouse.toml", environment={}))
    lake.land(log)
    last = rounds * BATCH + 1
    assert lake.codes() == [f"P{n}" for n in range(1, last + 1) if n % 4]
    assert len(lake.rejects()) == last // 4
    assert lake.lines() == [("orders.csv", n) for n in range(2, last + 2)]
