"""Trino's functions, family by family: one table says what each becomes in the engine.

A function that no table lists is FUNCTION_NOT_FOUND; the engine's own functions of the same name
are never reached.
"""
