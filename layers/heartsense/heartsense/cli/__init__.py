"""The ``heartsense`` command."""

from heartsense.cli.commands import app

__all__ = ["app"]
