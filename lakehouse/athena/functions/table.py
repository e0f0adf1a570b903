"""The one table of all functions."""

from lakehouse.athena.functions import (
    aggregates,
    array_lambdas,
    arrays,
    conditional,
    json,
    maps,
    math,
    moment_patterns,
    moments,
    regexps,
    sequences,
    strings,
)
from lakehouse.athena.functions.registry import Function, merge

FUNCTIONS: dict[str, Function] = merge(
    conditional.FUNCTIONS,
    math.FUNCTIONS,
    strings.FUNCTIONS,
    regexps.FUNCTIONS,
    moments.FUNCTIONS,
    moment_patterns.FUNCTIONS,
    json.FUNCTIONS,
    arrays.FUNCTIONS,
    array_lambdas.FUNCTIONS,
    sequences.FUNCTIONS,
    maps.FUNCTIONS,
    aggregates.FUNCTIONS,
)
