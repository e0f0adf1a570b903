"""The steps of `lakehouse build`, in order."""
