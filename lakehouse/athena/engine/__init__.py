"""What a translated statement finds in the engine: macros and functions named athena_*.

`prepare` puts them there. The macros are SQL and run at the engine's speed; the functions are
Python, for what SQL can't say exactly (Java's number formats, JSON paths, Joda's patterns).
"""

from lakehouse.athena.engine.preparation import prepare

__all__ = ["prepare"]
