"""The process that runs SQL people type, apart from the one that answers them.

A statement can fill the memory, hang in a regular expression or bring the engine down. Here it
does so in a process of its own, with an empty environment and a bounded address space, which is
ended when it does not stop.
"""

from lakehouse.query.worker.handle import Worker, WorkerEndedError
from lakehouse.query.worker.messages import Admission, Files, Opening, Reached

__all__ = ["Admission", "Files", "Opening", "Reached", "Worker", "WorkerEndedError"]
