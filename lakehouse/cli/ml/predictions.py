"""Order quantities: trained and judged, tuned, asked for, and served over HTTP."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakehouse.cli import console
from lakehouse.cli.clock import now
from lakehouse.cli.ml.asking import as_json_flag, force_flag, opened, print_metrics, up_to_date
from lakehouse.cli.tables import print_rows

if TYPE_CHECKING:
    from lakehouse.cli.root import Invocation


@click.command(epilog="Example: lakehouse ml quantity --schema")
@click.option("--schema", is_flag=True, help="Print the schema of the data source, and stop.")
@click.option("--parameters", help="LightGBM's parameters that differ, as JSON; {} for none.")
@force_flag
@as_json_flag
@click.pass_obj
def quantity(
    invocation: "Invocation", *, schema: bool, parameters: str | None, force: bool, as_json: bool
) -> None:
    """Train and judge the model of an order line's quantity.

    Its parameters stay as they are in production until others are asked for.
    """
    from lakehouse.ml.tasks import asking
    from lakehouse.ml.tasks.execution import recipe
    from lakehouse.ml.tasks.quantity import Request, parse_overrides

    if schema:
        print_rows(asking.schema(), as_json=as_json)
        return
    with opened(invocation) as lake:
        asked = Request(parse_overrides(parameters)) if parameters is not None else None
        request = asked or recipe(lake, "quantity")
        run = up_to_date(lake, "quantity", request, force=force)
        print_metrics(run, None, as_json=as_json)


@click.command(epilog="Example: lakehouse ml tune --trials 20")
@click.option("--trials", default=20, type=click.IntRange(min=1), help="How many to try.")
@as_json_flag
@click.pass_obj
def tune(invocation: "Invocation", *, trials: int, as_json: bool) -> None:
    """Look for better parameters of the quantity model (needs the extra `tune`).

    Train with what was found: lakehouse ml quantity --parameters '{"num_leaves": 127}'
    """
    from lakehouse.ml.tasks.tuning import tune as search

    with opened(invocation) as lake:
        rows = search(lake, trials, now, console.TerminalProgress())
    print_rows(rows, as_json=as_json)


@click.command(
    epilog="Example: lakehouse ml predict --customer 17850 --product 85123A --price 2.55"
)
@click.option("--customer", help="The customer of the line.")
@click.option("--product", help="Its product.")
@click.option("--price", type=float, help="Pounds sterling a unit.")
@click.option("--country", help="Where it goes [the customer's last country].")
@click.option("--at", "at", type=click.DateTime(), help="When, in UTC [now].")
@click.option(
    "--batch", type=click.Path(path_type=Path), help="A CSV file of lines instead of one line."
)
@as_json_flag
@click.pass_obj
def predict(  # noqa: PLR0913 - the flags of a command
    invocation: "Invocation",
    *,
    customer: str | None,
    product: str | None,
    price: float | None,
    country: str | None,
    at: datetime | None,
    batch: Path | None,
    as_json: bool,
) -> None:
    """How many units an order line will have; with --batch, of each line of a CSV file, as CSV.

    The file has the columns customer_id, product_id and unit_price, and may have country and
    ordered_at.
    """
    from lakehouse.ml.tasks import asking

    with opened(invocation) as lake:
        if batch is not None:
            click.echo(asking.predict_file(lake, batch, now()), nl=False)
            return
        line = {
            "customer_id": customer,
            "product_id": product,
            "unit_price": price,
            "country": country,
            "ordered_at": at,
        }
        print_rows([asking.predict_line(lake, line, now())], as_json=as_json)


@click.command(epilog="Example: lakehouse ml serve --port 8780")
@click.option("--host", default="127.0.0.1", help="Where to listen.")
@click.option("--port", default=8780, type=click.IntRange(0, 65535), help="On which port.")
@click.pass_obj
def serve(invocation: "Invocation", *, host: str, port: int) -> None:
    """Answer questions over HTTP; GET /docs says which."""
    from lakehouse.ml.serving import serve as run

    with opened(invocation) as lake:
        run(lake, host, port, now, lambda at: console.note(f"serving on {at} (docs: {at}/docs)"))
