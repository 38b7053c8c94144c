"""Helpers and fixtures that tests share."""
