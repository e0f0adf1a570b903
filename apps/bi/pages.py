"""The pages: which there are, what each answers, and which filters it takes.

docs/dashboard.md says how one is added.
"""

from dataclasses import dataclass

from apps.bi.filters import Filter


@dataclass(frozen=True)
class PageSpec:
    """One page of the app: the script `app_pages/<script>.py` at the URL /<path>.

    The script is called as the path, if it is not named.

    `needs` are the tables without which it can't be shown. One that is `about_the_lake` is run
    whatever state the lake is in, and finds `lake_view()`; one `of_all_rows` is for
    those alone whom no rule keeps from anything. `of_now` says why a page shows no earlier state,
    in Markdown.
    """

    path: str
    title: str
    question: str
    icon: str
    filters: tuple[Filter, ...] = ()
    needs: tuple[str, ...] = ()
    about_the_lake: bool = False
    of_all_rows: bool = False
    of_now: str = ""
    script: str = ""


PAGES = (
    PageSpec(
        "overview",
        "Sales overview",
        "How are we doing, against what, and why?",
        ":material/monitoring:",
        filters=tuple(Filter),
        needs=(
            "core.dim_products",
            "reports.rpt_daily_segment_sales",
            "reports.rpt_daily_segment_product_sales",
        ),
    ),
    PageSpec(
        "customers",
        "Customers",
        "Who buys, who comes back, and who is about to leave?",
        ":material/group:",
        filters=(Filter.PERIOD, Filter.COUNTRY, Filter.SEGMENT, Filter.COMPARE),
        needs=("core.fct_orders", "core.dim_customers", "marketing.dim_customer_segments"),
    ),
    PageSpec(
        "products",
        "Products",
        "What sells, what is it worth, and what goes with it?",
        ":material/category:",
        filters=tuple(Filter),
        needs=("core.dim_products", "reports.rpt_daily_segment_product_sales"),
    ),
    PageSpec(
        "forecast",
        "Forecast",
        "What will the next weeks bring, and how far can that be relied on?",
        ":material/trending_up:",
        needs=(
            "ml.forecasts",
            "ml.forecast_levels",
            "ml.backtests",
            "ml.demand",
            "core.dim_products",
        ),
    ),
    PageSpec(
        "recommendations",
        "Recommendations",
        "What to show to whom, and why?",
        ":material/shopping_basket:",
        needs=(
            "ml.recommendations",
            "ml.item_partners",
            "ml.item_neighbours",
            "ml.item_audiences",
            "ml.metrics",
            "ml.fct_interactions",
            "core.dim_products",
            "core.dim_customers",
        ),
    ),
    PageSpec(
        "operations",
        "Operations",
        "Is the lakehouse fresh, clean and in order?",
        ":material/health_and_safety:",
        about_the_lake=True,
        of_all_rows=True,
        of_now="It tells of the lakehouse as it is. What was stands in its tables: deliveries, "
        "builds, publications and maintenance, the newest first.",
    ),
    PageSpec(
        "catalog",
        "Catalog",
        "Which tables are there, what is in them, and what are they made of?",
        ":material/database:",
        about_the_lake=True,
        of_all_rows=True,
        of_now="It lists the tables as they are. What one was stands in its snapshots: choose it "
        "below, and `FOR VERSION AS OF` reads one of them in the workbench.",
    ),
    PageSpec(
        "sql",
        "SQL workbench",
        "What else do you want to know?",
        ":material/terminal:",
        about_the_lake=True,
        of_now="Statements read the tables as they are. Each can name an earlier state: "
        "`FROM core.fct_orders FOR TIMESTAMP AS OF ...` or `FOR VERSION AS OF` a snapshot, which "
        "the catalog lists.",
        script="workbench",
    ),
)
