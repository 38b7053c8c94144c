"""The classifications of the samples, each computed once in a test run."""

from functools import cache

from heartsense.service.predictions import ImageClassification
from heartsense.service.predictions.classification import classify_image
from tests.support.image_files import contradicting_page, saved, uncertain_strip
from tests.support.paths import SAMPLES


@cache
def classified_sample(name: str) -> ImageClassification:
    """The result and artifacts of a sample."""
    classification = classify_image((SAMPLES / name).read_bytes(), 1)
    assert classification.result is not None
    return classification


@cache
def uncertain() -> ImageClassification:
    """The result and artifacts of a strip of which nothing is likely."""
    classification = classify_image(saved(uncertain_strip(), "PNG"), 1)
    assert classification.result is not None
    assert classification.result["findings"] == ["uncertain"]
    return classification


@cache
def unreadable() -> ImageClassification:
    """The result and artifacts of a page on which nothing could be assessed."""
    classification = classify_image(saved(contradicting_page(), "PNG"), 1)
    assert classification.result is not None
    return classification
