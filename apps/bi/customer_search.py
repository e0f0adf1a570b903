"""One customer: the search, the history, and what to say of a number that nobody has."""

from collections.abc import Sequence
from decimal import Decimal

import streamlit as st

from apps.bi import customer_tables, drill, groups, wording
from apps.bi.card import card
from apps.bi.queries import customers
from apps.bi.queries.lines import Of
from apps.bi.view import View

CUSTOMER = "customer"


def search_box() -> str:
    """Draw the search; returns the number that is looked for, or nothing."""
    found = st.text_input(
        "Customer",
        key=CUSTOMER,
        bind="query-params",
        placeholder="Customer number, for one order history",
        label_visibility="collapsed",
        icon=":material/search:",
        width=320,
        max_chars=40,
    )
    # Spreadsheets and floats make 17850.0 of it, as some logs do.
    return wording.typed(found).removesuffix(".0")


def chosen(key: str, numbers: Sequence[str]) -> None:
    """Show the customer whose row was chosen in the table `key`."""
    for row in st.session_state[key].selection.rows:
        st.session_state[CUSTOMER] = numbers[row]


def show(view: View, number: str) -> str:
    """Draw a customer's history; returns the sentence about it."""
    asked, found = customers.customer(view.ask, number)
    st.button("All customers", on_click=_back, icon=":material/arrow_back:", type="tertiary")
    if found is None:
        return _nobody(view, number)
    invoices_asked, invoices = customers.invoices(view.ask, number)
    country, segment = wording.plain(found["country"]), _segment(found["segment"])
    with st.grid(4, min_column_width=150, gap="small"):
        for label, value in (
            ("Net revenue", wording.short_money(found["net_amount"])),
            ("Orders", f"{found['order_count']:,}"),
            ("Returns", wording.short_money(found["return_amount"])),
            ("Segment", segment),
        ):
            with st.container(border=True):
                st.metric(label, value)
    about = f"Customer {number}, {country}, over all days. Choose one to see its lines."
    with card(view, "Order history", invoices_asked, asked, key="history", about=about):
        key = drill.clicked_key("history")
        st.dataframe(
            customer_tables.invoice_rows(invoices),
            column_config=customer_tables.invoice_columns(),
            hide_index=True,
            key=key,
            on_select=drill.row_clicked(key, Of.ORDER, [row["order_id"] for row in invoices]),
            selection_mode="single-row",
            alt=f"Every invoice of customer {number}, the newest first",
        )
    named = f"Customer **{wording.plain(number)}** ({country})"
    if not found["order_count"]:
        return f"{named} never placed an order: only cancellations or adjustments are booked."
    orders = found["order_count"]
    return (
        f"{named} has placed **{orders:,} order{'' if orders == 1 else 's'}** since "
        f"{wording.day(found['first_order_date'])}, the last on "
        f"**{wording.day(found['last_order_date'])}**, and brought "
        f"**{wording.money(Decimal(found['net_amount']))}**."
    )


def _nobody(view: View, number: str) -> str:
    similar = customers.similar_numbers(view.ask, number)
    with st.container(border=True, width=640):
        st.header(f"There is no customer {wording.plain(number)}", anchor=False)
        st.markdown(
            f"Numbers that begin alike: {', '.join(map(wording.plain, similar))}."
            if similar
            else "No number begins like that. Orders without a login have no customer."
        )
    return f"Nobody has the number **{wording.plain(number)}**."


def _segment(value: str) -> str:
    return next(label for label, each in groups.SEGMENTS.items() if each == value)


def _back() -> None:
    st.session_state[CUSTOMER] = ""
