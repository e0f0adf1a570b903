"""Query executions: what was asked, what became of it, what it took, and its result.

`open_executions` of `lakehouse.athena.executing` runs statements in a workgroup; `Archive` finds
those of any process by id: their state, statistics and rows, and stops them.
"""

from lakehouse.query.executions.archive import Archive, open_archive
from lakehouse.query.executions.errors import CancelledError, ExecutionError, ScanCutoffError
from lakehouse.query.executions.opened import Executions, Handle
from lakehouse.query.executions.records import Execution, State, TableRead

__all__ = [
    "Archive",
    "CancelledError",
    "Execution",
    "ExecutionError",
    "Executions",
    "Handle",
    "ScanCutoffError",
    "State",
    "TableRead",
    "open_archive",
]
