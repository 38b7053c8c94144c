"""Statements beside the six conditions: fitted, and measured on held-out patients."""
