"""What the samples give, each read once in a test run."""

from functools import cache
from pathlib import Path

from heartsense.predictions import Answer
from heartsense.predictions.answering import answer

SAMPLES = Path(__file__).parents[1] / "samples"


@cache
def answered(name: str) -> Answer:
    """The result and pictures of a sample."""
    found = answer((SAMPLES / name).read_bytes(), 1)
    assert found.result is not None
    return found
