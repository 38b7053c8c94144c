"""``python -m training STEP``: a thin list of the steps; each is imported only when it runs."""

import importlib
import sys
from typing import Final

import typer

from training.errors import FeedbackError, ManifestError

STEPS: Final = {
    "render": "training.render.command:render",
    "benchmark-digitizer": "training.benchmark.command:benchmark_digitizer",
    "benchmark-measurements": "training.benchmark.measurements:command",
    "samples": "training.samples:samples",
    "export": "training.export.command:export",
    "features": "training.features.command:features",
    "fit": "training.fit.command:fit",
    "evaluate": "training.evaluate.command:evaluate",
}
"""Name of each step and where its function lives, in the order in which a model is made."""


def main(arguments: list[str]) -> None:
    """Run one step with the rest of the arguments."""
    if not arguments or arguments[0] not in STEPS:
        usage = "usage: python -m training STEP [OPTIONS]\n\nsteps: " + " ".join(STEPS)
        typer.echo(usage, err=not {"--help", "-h"} & set(arguments))
        raise SystemExit(0 if {"--help", "-h"} & set(arguments) else 2)
    module, function = STEPS[arguments[0]].split(":")
    app = typer.Typer(add_completion=False)
    app.command(name=arguments[0])(getattr(importlib.import_module(module), function))
    try:
        app(arguments[1:], prog_name=f"python -m training {arguments[0]}")
    except (FileNotFoundError, FeedbackError, ManifestError) as error:  # no defect: no traceback
        typer.echo(f"error: {error}", err=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main(sys.argv[1:])
