"""The tasks: read the inputs, compute, judge, publish, and leave a run behind."""
