"""``python -m training STEP``: the list of steps; each is imported only when it runs."""

import importlib
import sys
from typing import Final

import typer

from heartsense.allocator import reuse_freed_memory
from training import FeedbackError, ManifestError

STEPS: Final = {
    "render": "training.render.command:render",
    "benchmark-digitizer": "training.benchmark.command:benchmark_digitizer",
    "benchmark-refusal": "training.refusal.command:benchmark_refusal",
    "realism": "training.benchmark.realism:realism",
    "benchmark-measurements": "training.benchmark.measurements:benchmark_measurements",
    "samples": "training.samples:samples",
    "export": "training.export:export",
    "features": "training.features.cache:features",
    "fit": "training.fit.command:fit",
    "reading": "training.fit.reading:reading",
    "fit-ink-network": "training.ink_network.command:fit_ink_network",
    "fit-centreline-network": "training.centreline.command:fit_centreline_network",
    "strips": "training.strips.command:strips",
    "beats": "training.fit.beats:beats",
    "statements": "training.statements.command:statements",
    "doubts": "training.doubts.command:doubts",
    "evaluate": "training.evaluate.command:evaluate",
    "model-card": "training.model_card:model_card",
    "faithfulness": "training.faithfulness.command:faithfulness",
}
"""Name of each step and its function, in the order in which a model is made."""


def main(arguments: list[str]) -> None:
    """Run one step with the rest of the arguments."""
    if not arguments or arguments[0] not in STEPS:
        usage = "usage: python -m training STEP [OPTIONS]\n\nsteps: " + " ".join(STEPS)
        typer.echo(usage, err=not {"--help", "-h"} & set(arguments))
        raise SystemExit(0 if {"--help", "-h"} & set(arguments) else 2)
    reuse_freed_memory()
    module, function = STEPS[arguments[0]].split(":")
    app = typer.Typer(add_completion=False)
    app.command(name=arguments[0])(getattr(importlib.import_module(module), function))
    try:
        app(arguments[1:], prog_name=f"python -m training {arguments[0]}")
    except (
        FileNotFoundError,
        FeedbackError,
        ManifestError,
    ) as error:  # no traceback
        typer.echo(f"error: {error}", err=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main(sys.argv[1:])
