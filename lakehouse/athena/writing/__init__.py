"""Statements that change tables: what each becomes, for the engine or for the catalog."""
