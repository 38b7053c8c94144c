import re

import pytest

from heartsense.conditions import CONDITION_IDS, CONDITIONS, UNCERTAIN, condition
from tests.support.paths import ROOT

TRUSTED = ("heart.org", "nhs.uk", "nhlbi.nih.gov", "bhf.org.uk", "escardio.org")
PAGE = ROOT / "docs" / "conditions.md"


def test_the_ids_are_the_contract() -> None:
    assert CONDITION_IDS == (
        "normal",
        "supraventricular_arrhythmia",
        "ventricular_arrhythmia",
        "myocardial_infarction",
        "hypertrophy",
        "fusion_or_miscellaneous",
    )


@pytest.mark.parametrize("id", [about.id for about in (*CONDITIONS, UNCERTAIN)])
def test_every_condition_can_be_read_by_a_patient(id: str) -> None:
    found = condition(id)
    assert found.title
    assert len(found.links) >= 2
    for link in found.links:
        host = link.removeprefix("https://").split("/")[0]
        assert link.startswith("https://")
        assert host.endswith(TRUSTED), host
    for text in (found.explanation, found.next_steps):
        assert grade(text) <= 8, (grade(text), text)


def test_an_unknown_id_is_refused() -> None:
    with pytest.raises(KeyError):
        condition("Q")


def test_the_original_letters_stay_in_one_table() -> None:
    rows = re.findall(r"^\| ([NSVQFM]) \|.*\| `(\w+)` \|$", PAGE.read_text(), flags=re.MULTILINE)
    assert dict(rows) == {
        "N": "normal",
        "S": "supraventricular_arrhythmia",
        "V": "ventricular_arrhythmia",
        "Q": "fusion_or_miscellaneous",
        "F": "fusion_or_miscellaneous",
        "M": "myocardial_infarction",
    }


def grade(text: str) -> float:
    """Flesch-Kincaid grade level (Kincaid et al. 1975)."""
    sentences = max(len(re.findall(r"[.!?]+(?=\s|$)", text)), 1)
    words = re.findall(r"[A-Za-z']+", text)
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def syllables(word: str) -> int:
    groups = re.findall(r"[aeiouy]+", word.lower().removesuffix("e"))
    return max(len(groups), 1)
