"""`lakehouse build`: order logs to tested marts, in steps that each can be run again."""

from lakehouse.pipeline.build import BuildReport, build
from lakehouse.pipeline.landing import Landings, generated_logs
from lakehouse.pipeline.maintenance import MaintenanceReport
from lakehouse.pipeline.models import ModelsReport
from lakehouse.pipeline.warehouse import NodeOutcome, WarehouseReport, dbt_log

__all__ = [
    "BuildReport",
    "Landings",
    "MaintenanceReport",
    "ModelsReport",
    "NodeOutcome",
    "WarehouseReport",
    "build",
    "dbt_log",
    "generated_logs",
]
