"""The command line. Its modules hold arguments and printing, nothing else."""

import sys
from typing import NoReturn


def run() -> NoReturn:
    """Run the command line and leave with its documented exit code."""
    try:
        from lakehouse.cli import root
    except KeyboardInterrupt:
        sys.exit(130)  # before there was anything to interrupt
    root.run()


__all__ = ["run"]
