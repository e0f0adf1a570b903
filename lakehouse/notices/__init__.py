"""Alerts and reports: what is told to whom, when, and what became of it.

What they tell is measured by the app, on the code of its pages: whoever calls hands that in.
"""
