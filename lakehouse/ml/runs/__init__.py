"""Runs: what was computed from what, by which code, how good it is, and which one counts."""
