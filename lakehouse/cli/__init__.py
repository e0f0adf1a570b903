"""The command line. Its modules hold arguments and printing, nothing else."""

from lakehouse.cli.root import run

__all__ = ["run"]
