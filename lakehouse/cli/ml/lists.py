"""Recommendations and forecasts: computed when they are due, and shown."""

from typing import TYPE_CHECKING, cast

import click

from lakehouse.cli import console
from lakehouse.cli.ml.asking import (
    as_json_flag,
    force_flag,
    names_in,
    opened,
    print_metrics,
    up_to_date,
)
from lakehouse.cli.tables import print_rows

if TYPE_CHECKING:
    from lakehouse.cli.root import Invocation
    from lakehouse.ml.tasks.recommend import Request


KINDS = ("for_you", "buy_again", "discover")
ENGINES = ("kernel", "sql")


@click.command(epilog="Example: lakehouse ml recommend --customers 17850 --kind discover")
@click.option("--customers", help="Print the lists of these, separated by commas.")
@click.option("--items", help="Print neighbours, partners and audience of these products.")
@click.option("--kind", type=click.Choice(KINDS), help="Only these lists.")
@click.option("--for-you", help="The recommender of the for_you list; auto: the best one.")
@click.option("--discover", help="The recommender of the discover list; auto: the best one.")
@click.option("--engine", type=click.Choice(ENGINES), help="How neighbours are found.")
@force_flag
@as_json_flag
@click.pass_obj
def recommend(  # noqa: PLR0913 - the flags of a command
    invocation: "Invocation",
    *,
    customers: str | None,
    items: str | None,
    kind: str | None,
    for_you: str | None,
    discover: str | None,
    engine: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Ten products for every customer, ten customers for every product.

    Without --customers or --items the metrics of the recommenders are printed. The recommenders
    and the engine stay as they are in production until others are asked for.
    """
    from lakehouse.ml.tasks import asking
    from lakehouse.ml.tasks.execution import recipe
    from lakehouse.ml.tasks.recommend import changed

    with opened(invocation) as lake:
        before = cast("Request", recipe(lake, "recommend"))
        request = changed(before, for_you, discover, engine)
        run = up_to_date(lake, "recommend", request, force=force)
        if customers:
            rows = asking.lists_of(lake, names_in(customers), kind)
            strangers = sorted({str(r["customer_id"]) for r in rows if r["kind"] == "popular"})
            for customer in strangers:
                console.note(f"no customer {customer}: here is what is popular")
            print_rows(rows, as_json=as_json)
        elif items:
            print_rows(asking.items_of(lake, names_in(items)), as_json=as_json)
        else:
            print_metrics(run, "ndcg@10", as_json=as_json)


@click.command(epilog="Example: lakehouse ml forecast --level country_daily --series France")
@click.option("--level", help="total_daily, total_weekly, country_daily or product_weekly.")
@click.option("--series", help="A country or a product; all of the level when left out.")
@click.option("--measure", default="revenue", help="revenue or units.")
@force_flag
@as_json_flag
@click.pass_obj
def forecast(  # noqa: PLR0913 - the flags of a command
    invocation: "Invocation",
    *,
    level: str | None,
    series: str | None,
    measure: str,
    force: bool,
    as_json: bool,
) -> None:
    """Revenue and units of the next four weeks, with 80 and 95 % intervals.

    Without --level every level is listed, with how far to rely on it.
    """
    from lakehouse.ml.tasks import asking
    from lakehouse.ml.tasks.execution import recipe

    with opened(invocation) as lake:
        up_to_date(lake, "forecast", recipe(lake, "forecast"), force=force)
        if level is None:
            print_rows(asking.levels(lake), as_json=as_json)
            return
        statement, rows = asking.forecasts_of(lake, level, measure, series)
        console.note(statement)
        print_rows(rows, as_json=as_json)
