"""Recommendations, forecasts and predictions, each judged on data it has not seen.

The algorithms are functions over frames and arrays and know nothing of the catalog. Inputs come
from the marts through `lakehouse.query`; what is computed goes back as Iceberg tables of the
namespace `ml`, with the run that made it.
"""
