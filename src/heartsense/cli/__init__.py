"""The ``heartsense`` command."""

from heartsense.cli import admin
from heartsense.cli.archive import archive
from heartsense.cli.commands import app

app.command()(archive)
app.add_typer(admin.app, name="admin")

__all__ = ["app"]
