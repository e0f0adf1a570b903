"""Predictions over HTTP: JSON in and out, no model trained while anybody waits."""

from lakehouse.ml.serving.service import serve

__all__ = ["serve"]
