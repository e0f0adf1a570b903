"""What docs/firehose.md shows is what works."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from lakehouse.config import load_settings

PAGE = (Path(__file__).parents[2] / "docs" / "firehose.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.mark.parametrize("block", blocks("toml"))
def test_a_configuration_is_one(block: str, tmp_path: Path) -> None:
    (tmp_path / "lakehouse.toml").write_text(block)
    assert load_settings(folder=tmp_path, environment={}).streams


def test_the_transform_answers() -> None:
    (code,) = blocks("python")
    module: dict[str, Any] = {}
    exec(code, module)
    texts = ["a", "# b"]
    records = [
        {"recordId": text, "data": base64.b64encode(text.encode()).decode()} for text in texts
    ]
    answer = module["handler"]({"records": records}, None)["records"]
    assert [record["result"] for record in answer] == ["Ok", "Dropped"]
    assert base64.b64decode(answer[0]["data"]) == b"A"


def test_error_records_are_json() -> None:
    (line,) = blocks("json")
    assert base64.b64decode(json.loads(line)["rawData"]) == b"536365,..."
