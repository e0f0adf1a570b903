"""Athena's SQL on DuckDB: the dialect, its types, its functions and its results.

`translate` turns a query into the engine's SQL, `prepare` makes a connection ready to run it,
`render` prints what comes back. Everything Athena would refuse, and everything that has no exact
counterpart, is an `AthenaError` with Trino's code; nothing falls through to what the engine does
under the same name.
"""

from lakehouse.athena.attached import AttachedSchema, type_from_engine
from lakehouse.athena.engine import prepare
from lakehouse.athena.errors import AthenaError, translate_error
from lakehouse.athena.render import render, render_column, renderer
from lakehouse.athena.schema import MappedSchema, Schema, TableColumns
from lakehouse.athena.translation import Translation, translate
from lakehouse.athena.types import Type

__all__ = [
    "AthenaError",
    "AttachedSchema",
    "MappedSchema",
    "Schema",
    "TableColumns",
    "Translation",
    "Type",
    "prepare",
    "render",
    "render_column",
    "renderer",
    "translate",
    "translate_error",
    "type_from_engine",
]
