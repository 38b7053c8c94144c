"""How doubts are measured: the ways in which ECGs are changed, and the section that is written."""

import numpy as np
import pytest

from heartsense.ecg import LEADS
from training.doubts.command import HEADING, section
from training.doubts.measure import PageFinding, Told
from training.doubts.strange import STRANGE


def limb_leads(one: np.ndarray, two: np.ndarray) -> list[np.ndarray]:
    """I, II, III, aVR, aVL, aVF."""
    return [one, two, two - one, -(one + two) / 2, one - two / 2, two - one / 2]


@pytest.mark.parametrize(
    ("name", "one", "two"),
    [("arms swapped", (-1, 0), (-1, 1)), ("right arm and left leg swapped", (1, -1), (0, -1))],
)
def test_swapped_electrodes_give_leads_that_obey_einthoven(
    name: str, one: tuple[int, int], two: tuple[int, int]
) -> None:
    """``one`` and ``two`` are what I and II become, as parts of the true I and II."""
    rng = np.random.default_rng(0)
    true_one, true_two = rng.normal(size=(2, 50))
    signal = np.column_stack([*limb_leads(true_one, true_two), *rng.normal(size=(6, 50))])
    changed = STRANGE[name](signal)
    expected = limb_leads(
        one[0] * true_one + one[1] * true_two, two[0] * true_one + two[1] * true_two
    )
    assert np.allclose(changed[:, :6], np.column_stack(expected))
    assert (changed[:, 6:] == signal[:, 6:]).all()


@pytest.mark.parametrize("name", STRANGE)
def test_every_change_changes_the_signal_and_keeps_its_shape(name: str) -> None:
    signal = np.random.default_rng(1).normal(size=(100, len(LEADS)))
    before = signal.copy()
    changed = STRANGE[name](signal)
    assert changed.shape == signal.shape
    assert not np.allclose(changed, before)
    assert (signal == before).all()


def test_the_section_counts_statuses_that_move_and_ecgs_that_are_told() -> None:
    stays = PageFinding("a", "normal", "likely", "likely", 0.9, False, True, True)
    moves = PageFinding("b", "normal", "likely", "possible", 0.4, True, False, False)
    told = [
        Told("what a page shows", True, 2, 1),
        Told("what a page shows", False, 3, 3),
        *(Told(name, True, 0, 0) for name in STRANGE),
    ]
    text = section([stays, stays, stays, moves], told, " --sample 4", 5)
    assert text.startswith(f"{HEADING}\n")
    assert "75 % of the true signals' probabilities" in text
    assert "1 of 4 statuses, on 50 % of 2 pages" in text
    assert "| likely | stays | 3 | 100 % | 100.0 % |" in text
    assert "| likely | becomes `possible` | 1 | 0 % | 0.0 % |" in text
    assert "| what a page shows | 2 | 50.0 % | 1 of 2 | 3 of 3 |" in text
    assert "| arms swapped | 1 | 100.0 % | - | - |" in text
