"""`lakehouse ml`: recommendations, forecasts, predictions, and the runs that made them."""

import click

from lakehouse.cli.ml import customers, lists, predictions, runs


@click.group(epilog="Example: lakehouse ml recommend --customers 17850,13047")
def ml() -> None:
    """Recommend, forecast and predict, and say how good it is."""


for command in (
    lists.recommend,
    lists.forecast,
    predictions.quantity,
    predictions.tune,
    predictions.predict,
    predictions.serve,
    *customers.COMMANDS,
    runs.build,
    runs.runs,
    runs.lineage,
    runs.repeat,
    runs.versions,
    runs.promote,
    runs.rollback,
):
    ml.add_command(command)
