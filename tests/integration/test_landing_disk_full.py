"""A disk that fills up at every stage of a delivery: nothing half-landed, nothing left behind."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.order_logs import BAD, order_line, order_lines, write_log

ROOT = Path(__file__).parents[2]
UNSHARE = ["unshare", "--map-root-user", "--mount"]


def may_mount() -> bool:
    try:
        return subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not may_mount(), reason="no small disk can be mounted here")
def test_a_disk_that_fills_up(tmp_path: Path) -> None:
    home = tmp_path / "disk"
    home.mkdir()
    write_log(tmp_path / "first.csv", order_lines(1, 3))
    lines = [BAD if n % 10 == 0 else order_line(n) for n in range(100, 400)]
    log = write_log(tmp_path / "second.csv", lines)

    run = subprocess.run(
        [*UNSHARE, sys.executable, "-m", "tests.disk_full", home, log, str(1 << 20)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    *failed, last = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(failed) >= 4
    assert all("No space left" in attempt["error"] for attempt in failed)
    assert all(str(home / ".lake") in attempt["error"] for attempt in failed)
    assert all("free some space and run it again" in attempt["error"] for attempt in failed)
    # In the end there is room for the delivery, and then for its entry in ops.deliveries.
    landed = [attempt["lines"] for attempt in failed]
    assert set(landed) <= {3, 303}
    assert landed == sorted(landed)
    assert last["error"] == ""
    assert last["lines"] == 303
    assert [attempt["lost"] for attempt in [*failed, last]] == [[]] * (len(failed) + 1)


@pytest.mark.skipif(not may_mount(), reason="no small disk can be mounted here")
def test_a_disk_that_fills_up_while_it_is_followed(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    run = subprocess.run(
        [*UNSHARE, sys.executable, "-m", "tests.disk_full_following", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    ended, again, found = json.loads(run.stdout)
    assert ended["code"] == 7
    assert "No space left" in ended["said"]
    assert "free some space and run it again" in ended["said"]
    assert "Traceback" not in ended["said"]
    assert again == 0
    assert all(found[key] for key in ("all", "lines", "entered", "backed_up")), found
