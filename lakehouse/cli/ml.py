"""`lakehouse ml`: recommendations, forecasts, predictions, and the runs that made them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lakehouse.cli import console
from lakehouse.cli.clock import now
from lakehouse.cli.tables import print_rows

if TYPE_CHECKING:
    from lakehouse.cli.root import Invocation
    from lakehouse.ml.lake import Lake
    from lakehouse.ml.runs.record import Run

as_json_flag = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
force_flag = click.option("--force", is_flag=True, help="Compute, even if nothing has changed.")


@click.group(epilog="Example: lakehouse ml recommend --customers 17850,13047")
def ml() -> None:
    """Recommend, forecast and predict, and say how good it is."""


@ml.command(epilog="Example: lakehouse ml recommend --customers 17850 --kind discover")
@click.option("--customers", help="Print the lists of these, separated by commas.")
@click.option("--items", help="Print neighbours, partners and audience of these products.")
@click.option("--kind", help="Only for_you, buy_again or discover.")
@click.option("--for-you", help="The recommender of the for_you list [the best one].")
@click.option("--discover", help="The recommender of the discover list [the best one].")
@click.option("--engine", default="kernel", help="How neighbours are found: kernel or sql.")
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
    engine: str,
    force: bool,
    as_json: bool,
) -> None:
    """Ten products for every customer, ten customers for every product.

    Without --customers or --items the metrics of the chosen recommenders are printed.
    """
    from lakehouse.ml.tasks import asking
    from lakehouse.ml.tasks.recommend import Request

    with _lake(invocation) as lake:
        run = _up_to_date(lake, "recommend", Request(for_you, discover, engine), force=force)
        if customers:
            rows = asking.lists_of(lake, _split(customers), kind)
            strangers = sorted({str(r["customer_id"]) for r in rows if r["kind"] == "popular"})
            for customer in strangers:
                console.note(f"no customer {customer}: here is what is popular")
            print_rows(rows, as_json=as_json)
        elif items:
            print_rows(asking.items_of(lake, _split(items)), as_json=as_json)
        else:
            _print_metrics(run, "ndcg@10", as_json=as_json)


@ml.command(epilog="Example: lakehouse ml forecast --level country_daily --series France")
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
    from lakehouse.ml.tasks.forecast import Request

    with _lake(invocation) as lake:
        _up_to_date(lake, "forecast", Request(), force=force)
        if level is None:
            print_rows(asking.levels(lake), as_json=as_json)
            return
        statement, rows = asking.forecasts_of(lake, level, measure, series)
        console.note(statement)
        print_rows(rows, as_json=as_json)


@ml.command(epilog="Example: lakehouse ml quantity --schema")
@click.option("--schema", is_flag=True, help="Print the schema of the data source, and stop.")
@click.option("--parameters", help="LightGBM's parameters that differ, as JSON.")
@force_flag
@as_json_flag
@click.pass_obj
def quantity(
    invocation: "Invocation", *, schema: bool, parameters: str | None, force: bool, as_json: bool
) -> None:
    """Train and judge the model of an order line's quantity."""
    from lakehouse.ml.tasks import asking
    from lakehouse.ml.tasks.quantity import Request, parse_overrides

    if schema:
        print_rows(asking.schema(), as_json=as_json)
        return
    with _lake(invocation) as lake:
        request = Request(parse_overrides(parameters)) if parameters else Request()
        run = _up_to_date(lake, "quantity", request, force=force)
        _print_metrics(run, None, as_json=as_json)


@ml.command(epilog="Example: lakehouse ml predict --customer 17850 --product 85123A --price 2.55")
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

    with _lake(invocation) as lake:
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


def _simple(name: str, doc: str) -> click.Command:
    @click.command(name, help=doc, epilog=f"Example: lakehouse ml {name} --json")
    @force_flag
    @as_json_flag
    @click.pass_obj
    def command(invocation: "Invocation", *, force: bool, as_json: bool) -> None:
        from lakehouse.ml.tasks import asking
        from lakehouse.ml.tasks.execution import TASKS

        with _lake(invocation) as lake:
            run = _up_to_date(lake, name, TASKS[name].request(), force=force)
            if rows := asking.headline(lake, name):
                print_rows(rows, as_json=as_json)
            else:
                _print_metrics(run, None, as_json=as_json)

    return command


ml.add_command(_simple("segments", "What became of the customer segments of 60 days ago."))
ml.add_command(_simple("unusual", "Unusual large lines to review, with how often that is right."))
ml.add_command(_simple("returns", "Who will order again within 60 days (a binary model)."))
ml.add_command(_simple("moves", "The segment a customer will be in (a multi-class model)."))


@ml.command(epilog="Example: lakehouse ml build")
@as_json_flag
@click.pass_obj
def build(invocation: "Invocation", *, as_json: bool) -> None:
    """Run every model whose inputs or code have changed."""
    from lakehouse.ml.tasks.execution import build_models

    outcomes = build_models(invocation.settings(), now, console.TerminalProgress())
    rows = [
        {
            "task": o.task,
            "run_id": o.run.run_id if o.run else None,
            "seconds": o.run.seconds if o.run else None,
            "outcome": str(o.error or ("computed" if o.run else "nothing has changed")),
        }
        for o in outcomes
    ]
    print_rows(rows, as_json=as_json)
    if failures := [o.error for o in outcomes if o.failed and o.error]:
        raise failures[0]


@ml.command(epilog="Example: lakehouse ml tune --trials 20")
@click.option("--trials", default=20, type=click.IntRange(min=1), help="How many to try.")
@as_json_flag
@click.pass_obj
def tune(invocation: "Invocation", *, trials: int, as_json: bool) -> None:
    """Look for better parameters of the quantity model (needs the extra `tune`).

    Train with what was found: lakehouse ml quantity --parameters '{"num_leaves": 127}'
    """
    from lakehouse.ml.tasks.tuning import tune as search

    with _lake(invocation) as lake:
        rows = search(lake, trials, now, console.TerminalProgress())
    print_rows(rows, as_json=as_json)


@ml.command(epilog="Example: lakehouse ml runs --task quantity --rank mae")
@click.argument("run", required=False)
@click.option("--task", help="Only runs of this task.")
@click.option("--status", help="Only finished or failed ones.")
@click.option("--rank", help="Rank the runs of --task by this metric, the best first.")
@as_json_flag
@click.pass_obj
def runs(  # noqa: PLR0913 - the flags of a command
    invocation: "Invocation",
    *,
    run: str | None,
    task: str | None,
    status: str | None,
    rank: str | None,
    as_json: bool,
) -> None:
    """List the runs, or show everything about RUN (the beginning of its id is enough)."""
    from lakehouse.ml.tasks import asking

    with _lake(invocation) as lake:
        if run is not None:
            asked, metrics = asking.record_of(lake, run)
            if as_json:
                print_rows([{**asked, "metrics": metrics}], as_json=True)
                return
            print_rows([{"what": k, "value": v} for k, v in asked.items()], as_json=False)
            print_rows(metrics, as_json=False)
        elif rank is not None:
            print_rows(asking.ranking(lake, task, rank), as_json=as_json)
        else:
            print_rows(asking.listing(lake, task, status), as_json=as_json)


@ml.command(epilog="Example: lakehouse ml lineage recommend-2024 --customer 17850")
@click.argument("run")
@click.option("--customer", help="Show the log lines behind this customer's predictions.")
@click.option("--product", help="Show the log lines behind this product's predictions.")
@as_json_flag
@click.pass_obj
def lineage(
    invocation: "Invocation",
    *,
    run: str,
    customer: str | None,
    product: str | None,
    as_json: bool,
) -> None:
    """From RUN back to the snapshots it read, their files, and the lines of the logs."""
    from lakehouse.ml.runs.lineage import trace
    from lakehouse.ml.runs.store import find

    with _lake(invocation) as lake:
        found = trace(lake, find(lake, run), customer_id=customer, product_id=product)
    if as_json:
        print_rows([{**asdict(found), "run": found.run.run_id}], as_json=True)
        return
    console.note(f"{found.run.run_id} read")
    print_rows([{**asdict(s), "files": len(s.files)} for s in found.sources], as_json=False)
    print_rows([asdict(log) for log in found.logs], as_json=False)
    if found.lines:
        print_rows([asdict(line) for line in found.lines], as_json=False)


@ml.command(epilog="Example: lakehouse ml promote quantity-20241121")
@click.argument("run")
@as_json_flag
@click.pass_obj
def promote(invocation: "Invocation", *, run: str, as_json: bool) -> None:
    """Put RUN into production: its tables become current, its model is served."""
    from lakehouse.ml.lake import alone
    from lakehouse.ml.runs import registry, store

    with _lake(invocation) as lake, alone(lake):
        version = registry.promote(lake, store.find(lake, run), "promoted by hand", now)
    print_rows([asdict(version) | {"stage": "production"}], as_json=as_json)


@ml.command(epilog="Example: lakehouse ml rollback quantity")
@click.argument("task")
@as_json_flag
@click.pass_obj
def rollback(invocation: "Invocation", *, task: str, as_json: bool) -> None:
    """Put the version of TASK back that was in production before."""
    from lakehouse.ml.lake import alone
    from lakehouse.ml.runs import registry, store

    with _lake(invocation) as lake, alone(lake):
        earlier = registry.previous(lake, task)
        run = store.find(lake, earlier.run_id)
        version = registry.promote(lake, run, "rolled back", now)
    print_rows([asdict(version) | {"stage": "production"}], as_json=as_json)


@ml.command(epilog="Example: lakehouse ml versions --task quantity")
@click.option("--task", help="Only versions of this task.")
@as_json_flag
@click.pass_obj
def versions(invocation: "Invocation", *, task: str | None, as_json: bool) -> None:
    """The registered versions, and which are in production."""
    from lakehouse.ml.runs import registry

    with _lake(invocation) as lake:
        print_rows([asdict(v) for v in registry.versions(lake, task)], as_json=as_json)


@ml.command(epilog="Example: lakehouse ml repeat quantity-20241121")
@click.argument("run")
@as_json_flag
@click.pass_obj
def repeat(invocation: "Invocation", *, run: str, as_json: bool) -> None:
    """Run RUN again from its record, and compare the numbers. Nothing is published."""
    from lakehouse.errors import ModelError
    from lakehouse.ml.runs.store import find
    from lakehouse.ml.tasks.execution import repeat as again

    with _lake(invocation) as lake:
        found = again(lake, find(lake, run), now, console.TerminalProgress())
    rows = [
        {"model": old.model, "slice": old.slice, "name": old.name, "was": old.value}
        | {"is": new.value if new else None}
        for old, new in found.differing
    ]
    if rows:
        print_rows(rows, as_json=as_json)
        hint = "libraries or code have changed since: `lakehouse ml runs RUN` shows them"
        raise ModelError(f"{len(rows)} numbers came out otherwise", hint=hint)
    same = len(found.original.metrics)
    print_rows([{"run_id": found.original.run_id, "same_numbers": same}], as_json=as_json)


@ml.command(epilog="Example: lakehouse ml serve --port 8780")
@click.option("--host", default="127.0.0.1", help="Where to listen.")
@click.option("--port", default=8780, type=click.IntRange(0, 65535), help="On which port.")
@click.pass_obj
def serve(invocation: "Invocation", *, host: str, port: int) -> None:
    """Answer questions over HTTP; GET /docs says which."""
    from lakehouse.ml.serving import serve as run

    with _lake(invocation) as lake:
        run(lake, host, port, now, lambda at: console.note(f"serving on {at} (docs: {at}/docs)"))


@contextmanager
def _lake(invocation: "Invocation") -> Iterator["Lake"]:
    from lakehouse.ml.lake import open_lake

    with open_lake(invocation.settings()) as lake:
        yield lake


def _up_to_date(lake: "Lake", task: str, request: object, *, force: bool) -> "Run":
    from lakehouse.ml.runs.artifacts import production_run
    from lakehouse.ml.tasks.execution import due, execute

    if force or due(lake, task, request):
        run = execute(lake, task, request, now, console.TerminalProgress())
        console.note(f"run {run.run_id}: {run.seconds:.1f} s")
        return run
    run = production_run(lake, task)
    console.note(f"run {run.run_id}: nothing has changed since")
    return run


def _print_metrics(run: "Run", name: str | None, *, as_json: bool) -> None:
    found = [asdict(m) for m in run.metrics if name is None or m.name == name]
    print_rows(found, as_json=as_json)


def _split(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]
