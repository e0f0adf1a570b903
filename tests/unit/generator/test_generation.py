import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from ingest.generator import ACCESS, ORDERS, ServerLog, generate, generate_orders
from ingest.generator.seasons import is_open
from lakehouse.config import GenerateSettings
from lakehouse.errors import MachineError

# Twenty days around Easter 2025, from a Thursday on.
SPRING = GenerateSettings(start=date(2025, 4, 10), days=20)


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


@pytest.fixture(scope="module", params=[ORDERS, ACCESS], ids=lambda log: log.name)
def log(request: pytest.FixtureRequest) -> ServerLog:
    return request.param


@pytest.fixture(scope="module")
def made(log: ServerLog, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(log.name)
    generate(log, SPRING, folder)
    return folder


def test_one_file_a_day_and_none_on_closed_days(tmp_path: Path) -> None:
    files = generate_orders(SPRING, tmp_path / "new" / "folder")
    days = [SPRING.start + timedelta(days=n) for n in range(SPRING.days)]
    names = [f"orders-{day}.csv" for day in days if is_open(day)]
    assert [file.name for file in files] == names
    # Easter: Good Friday, Saturday, Sunday and Monday are closed.
    assert "orders-2025-04-17.csv" in names
    assert "orders-2025-04-22.csv" in names
    assert not any(f"orders-2025-04-{day}.csv" in names for day in (18, 19, 20, 21))
    header = b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    assert all(file.read_bytes().startswith(header) for file in files)


def test_people_look_around_on_closed_days_too(tmp_path: Path) -> None:
    report = generate(ACCESS, SPRING, tmp_path)
    assert len(report.files) == SPRING.days


def test_any_day_can_be_made_alone_in_another_process(
    log: ServerLog, made: Path, tmp_path: Path
) -> None:
    program = (
        "import sys; from datetime import date; from pathlib import Path;"
        "from ingest.generator import SERVER_LOGS, generate;"
        "from lakehouse.config import GenerateSettings;"
        "log, folder, days = SERVER_LOGS[sys.argv[1]], Path(sys.argv[2]), sys.argv[3:];"
        "[generate(log, GenerateSettings(start=date.fromisoformat(day), days=1), folder)"
        " for day in days]"
    )
    # A Sunday, a Monday and a Friday, in no order: what came before must not matter.
    days = ["2025-04-25", "2025-04-13", "2025-04-28"]
    subprocess.run([sys.executable, "-c", program, log.name, str(tmp_path), *days], check=True)
    alone = contents(tmp_path)
    assert len(alone) == 3
    assert alone == {name: contents(made)[name] for name in alone}


def test_a_second_run_writes_nothing(log: ServerLog, made: Path) -> None:
    stamps = {file: file.stat().st_mtime_ns for file in made.iterdir()}
    assert generate(log, SPRING, made).written == 0
    assert {file: file.stat().st_mtime_ns for file in made.iterdir()} == stamps


def test_an_interrupted_run_goes_on(log: ServerLog, made: Path, tmp_path: Path) -> None:
    whole = contents(made)
    first, second, third, *rest = whole
    (tmp_path / first).write_bytes(whole[first])
    (tmp_path / second).write_bytes(whole[second][:-7])
    (tmp_path / f".{third}.999999999.part").write_bytes(whole[third][:100])
    report = generate(log, SPRING, tmp_path)
    assert report.written == len(rest) + 2
    assert contents(tmp_path) == whole


def test_another_seed_is_another_shop(log: ServerLog, made: Path, tmp_path: Path) -> None:
    generate(log, SPRING.model_copy(update={"seed": 8, "days": 1}), tmp_path)
    (name, text), *_ = contents(tmp_path).items()
    assert text != contents(made)[name]


@pytest.mark.parametrize("orders_per_day", [0.01, 2.5, 700])
def test_the_shop_may_be_of_any_size(log: ServerLog, orders_per_day: float, tmp_path: Path) -> None:
    settings = SPRING.model_copy(update={"orders_per_day": orders_per_day, "days": 7})
    report = generate(log, settings, tmp_path)
    assert report.lines == sum(text.count(b"\n") for text in contents(tmp_path).values())
    # Six open days of about 21 lines an order; 0.01 orders a day may well be none.
    if log is ORDERS and orders_per_day > 1:
        assert 5 < report.lines / (6 * orders_per_day) < 60


# The first day there is, and the last: the latest start and the most days, less the middle.
@pytest.mark.parametrize("start", [date(2000, 1, 1), date(2069, 12, 31) + timedelta(days=3643)])
def test_the_first_and_the_last_days(log: ServerLog, start: date, tmp_path: Path) -> None:
    settings = SPRING.model_copy(update={"start": start, "days": 7})
    assert generate(log, settings, tmp_path).lines > 100 or log is ORDERS


def test_a_folder_that_cannot_be_written_is_an_error_with_a_hint(
    log: ServerLog, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(MachineError, match="taken") as e:
        generate(log, SPRING, tmp_path / "taken")
    assert e.value.hint
