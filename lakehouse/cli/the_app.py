"""The app is asked in a process of its own: apps are no part of the library of this command."""

import subprocess
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import ValidationError

from lakehouse.errors import LakehouseError
from lakehouse.notices.asking import Answer, Answered, Asked, Question

if TYPE_CHECKING:
    from lakehouse.config import Settings


def ask_the_app(settings: "Settings", questions: Sequence[Question]) -> Sequence[Answer]:
    """The app's answers. Settings and questions go through a pipe, where nobody reads secrets."""
    asked = Asked(settings=settings, questions=tuple(questions))
    # -P: a folder named `apps` where the person happens to be is not ours. In a group of its own:
    # Ctrl-C is for this process, which then ends the other.
    done = subprocess.run(
        [sys.executable, "-P", "-m", "apps.bi.bulletins"],
        input=asked.model_dump_json().encode(),
        stdout=subprocess.PIPE,
        check=False,
        process_group=0,
    )
    try:
        return Answered.model_validate_json(done.stdout).answers
    except ValidationError as e:
        hint = "this is a bug, or it was killed; what it said stands above"
        raise LakehouseError(f"the app ended with {done.returncode}", hint=hint) from e
