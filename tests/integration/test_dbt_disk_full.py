"""A disk that is full while the marts are built: told as that, and no mart is harmed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.test_dbt_project import FIRST, SECOND
from tests.integration.test_landing_disk_full import ROOT, UNSHARE, may_mount


@pytest.mark.skipif(not may_mount(), reason="no small disk can be mounted here")
def test_a_disk_that_is_full_while_dbt_builds(tmp_path: Path) -> None:
    run = subprocess.run(
        [*UNSHARE, sys.executable, "-m", "tests.dbt_disk_full", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (run.returncode, run.stderr) == (0, "")
    *failed, last = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(failed) == 3
    for attempt in failed:
        assert (attempt["kind"], attempt["code"]) == ("MachineError", 7)
        assert "free some space" in attempt["hint"]
        assert attempt["lines"] in {len(FIRST), len(FIRST) + 500 * len(SECOND)}
    assert last == {"lines": len(FIRST) + 500 * len(SECOND)}
