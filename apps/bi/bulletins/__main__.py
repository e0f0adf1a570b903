"""`python -m apps.bi.bulletins`: questions as JSON on the input, answers on the output.

`lakehouse alerts` and `lakehouse reports` ask it. The settings come with the questions, through a
pipe, where nobody reads the secrets in them.
"""

import sys

from apps.bi.bulletins.answering import answers
from lakehouse.notices.asking import Answered, Asked

if __name__ == "__main__":
    asked = Asked.model_validate_json(sys.stdin.buffer.read())
    found = Answered(answers=tuple(answers(asked.settings, asked.questions)))
    sys.stdout.write(found.model_dump_json())
