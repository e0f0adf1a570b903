"""`lakehouse build`: order logs to tested marts, in steps that each can be run again."""

from lakehouse.pipeline.build import BuildReport, build
from lakehouse.pipeline.warehouse import NodeOutcome, WarehouseReport

__all__ = ["BuildReport", "NodeOutcome", "WarehouseReport", "build"]
