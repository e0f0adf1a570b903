"""Recommendations: what to show to whom, and why."""

import streamlit as st

from apps.bi import recommended
from apps.bi.view import view

this = view()
customer, product = recommended.search_boxes()
shown = st.container()
worth = recommended.worth_of_lists(this)
with shown:
    if product:
        this.say(recommended.with_product(this, product))
    elif customer:
        this.say(recommended.for_customer(this, customer, worth))
    else:
        this.say(recommended.for_nobody(this))
