"""What the samples give, each read once in a test run."""

from functools import cache

from heartsense.service.predictions import Answer
from heartsense.service.predictions.classification import answer
from tests.support.paths import SAMPLES


@cache
def answered(name: str) -> Answer:
    """The result and pictures of a sample."""
    found = answer((SAMPLES / name).read_bytes(), 1)
    assert found.result is not None
    return found
