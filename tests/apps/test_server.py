"""What the server does to be quick: the process itself, asked when it is about to serve."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lakehouse.config import load_settings

_ABOUT_TO_SERVE = """
import gc, json, socket, sys
from apps.bi import server
from lakehouse.config import Settings
from streamlit import config

def told(*_, **__):
    print(json.dumps({
        "collects after a run": config.get_option("runner.postScriptGC"),
        "frozen": gc.get_freeze_count(),
        "modules": list(sys.modules),
    }))

server.uvicorn.Server.run = told
server.serve(Settings.model_validate_json(sys.stdin.buffer.read()), socket.socket())
"""


@pytest.fixture(scope="module")
def about_to_serve(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a server on an empty home holds."""
    settings = load_settings(folder=tmp_path_factory.mktemp("empty"), environment={})
    ran = subprocess.run(
        [sys.executable, "-c", _ABOUT_TO_SERVE],
        input=settings.model_dump_json(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    answer: dict[str, Any] = json.loads(ran.stdout)
    return answer


def test_no_run_of_a_page_looks_through_all_objects(about_to_serve: dict[str, Any]) -> None:
    assert about_to_serve["collects after a run"] is False
    # Streamlit and pandas alone are more.
    assert about_to_serve["frozen"] > 100_000
