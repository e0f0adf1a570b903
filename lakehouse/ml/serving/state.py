"""What the service holds: models and lists of the runs in production, loaded once."""

from dataclasses import dataclass

import polars as pl

from lakehouse.errors import ModelError
from lakehouse.ml.inputs import read_lines
from lakehouse.ml.lake import Lake, qualified
from lakehouse.ml.orders import demand
from lakehouse.ml.quantity.asking import History, Question, remember
from lakehouse.ml.quantity.features import clean
from lakehouse.ml.quantity.model import QuantityModel, read_quantity
from lakehouse.ml.runs.artifacts import production_run, read_artifact
from lakehouse.ml.runs.record import Run


@dataclass(frozen=True)
class QuantityService:
    """The quantity model in production and the history it asks."""

    run: Run
    model: QuantityModel
    history: History


def load_quantity(lake: Lake) -> QuantityService:
    """The quantity model in production, with the history of the snapshot it learned from.

    Raises ModelError when none is in production, or its file or input is gone.
    """
    run = production_run(lake, "quantity")
    lines = clean(demand(read_lines(lake, run.inputs, run.as_of)))
    return QuantityService(run, read_quantity(read_artifact(lake, run)), remember(lines))


def answer(service: QuantityService, questions: list[Question]) -> list[float]:
    """Units of each line asked about."""
    return [float(n) for n in service.model.predict(service.history.features(questions))]


def lists_of(lake: Lake, customer_id: str, k: int = 10) -> pl.DataFrame:
    """The lists of a customer, or the popular one for a customer the model does not know.

    Raises ModelError before the first recommendations.
    """
    name = "ml.recommendations"
    if lake.snapshot_id(name) is None:
        raise ModelError("there are no recommendations yet", hint="run `lakehouse ml recommend`")
    sql = f"select * from {qualified(name)} where {{}} and rank <= ? order by kind, rank"
    own = lake.query(sql.format("customer_id = ?"), [customer_id, k])
    return own if own.height else lake.query(sql.format("customer_id is null"), [k])


def outlook_of(lake: Lake, customer_id: str) -> dict[str, object] | None:
    """What the returns and moves tables say of a customer; None for an unknown one.

    Raises ModelError before they were made.
    """
    for name in ("ml.customer_returns", "ml.customer_moves"):
        if lake.snapshot_id(name) is None:
            raise ModelError(f"there is no {name} yet", hint="run `lakehouse build`")
    rows = lake.query(
        "select r.customer_id, r.return_probability, m.segment, m.segment_in_60_days"
        f" from {qualified('ml.customer_returns')} as r"
        f" join {qualified('ml.customer_moves')} as m on m.customer_id = r.customer_id"
        " where r.customer_id = ?",
        [customer_id],
    ).to_dicts()
    return rows[0] if rows else None
