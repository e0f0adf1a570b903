"""Syntax trees in, typed SQL of the engine out.

Every expression becomes a `Value`: the engine's SQL together with the type Trino gives it. Names,
types, overloads and coercions are resolved here as Trino's analyzer resolves them, so that the
engine is never asked to decide anything its own way.
"""
